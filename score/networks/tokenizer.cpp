#include "fokker/score/networks/tokenizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "fokker/core/base/error.h"
#include "fokker/core/config/config_document.h"
#include "fokker/core/nn/module.h"

namespace fokker {
namespace {

constexpr std::int64_t first_word = start_token + 1;

std::vector<std::string> words_of(const std::string& caption) {
  std::vector<std::string> words;
  bool inside = false;  // whether within a run of letters
  for (const char c : caption) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = std::isalpha(byte) || byte >= 128;  // bytes of UTF-8 count as letters
    if (letter && inside) words.back() += static_cast<char>(std::tolower(byte));
    if ((letter && !inside) || std::isdigit(byte)) words.emplace_back(1, static_cast<char>(std::tolower(byte)));
    inside = letter;
  }
  return words;
}

}  // namespace

Tokenizer::Tokenizer(std::span<const std::string> captions) {
  std::set<std::string> known;
  for (const auto& caption : captions) {
    const auto words = words_of(caption);
    known.insert(words.begin(), words.end());
    length_ = std::max(length_, 1 + std::ssize(words));
  }
  words_.assign(known.begin(), known.end());
}

std::vector<std::int64_t> Tokenizer::operator()(const std::string& caption) const {
  std::vector<std::int64_t> tokens = {start_token};
  for (const auto& word : words_of(caption)) {
    const auto at = std::ranges::lower_bound(words_, word);
    if (at == words_.end() || *at != word) {
      const std::string near = nearest_name(word, words_);
      throw ConfigError(fmt::format("[prompt] unknown word \"{}\" in \"{}\"{}; the model knows {}", word, caption,
                                    near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near),
                                    fmt::join(words_, ", ")));
    }
    tokens.push_back(first_word + (at - words_.begin()));
  }
  require<ConfigError>(std::ssize(tokens) <= length_, "[prompt] expected at most {} words, got {} in \"{}\"",
                       length_ - 1, tokens.size() - 1, caption);
  tokens.resize(static_cast<std::size_t>(length_), padding_token);
  return tokens;
}

std::vector<std::int64_t> Tokenizer::operator()(std::span<const std::string> captions) const {
  std::vector<std::int64_t> tokens;
  for (const auto& caption : captions) {
    const auto row = (*this)(caption);
    tokens.insert(tokens.end(), row.begin(), row.end());
  }
  return tokens;
}

std::string Tokenizer::text(std::span<const std::int64_t> tokens) const {
  std::string result;
  for (const auto token : tokens)
    if (token >= first_word)
      result += (result.empty() ? "" : " ") + words_.at(static_cast<std::size_t>(token - first_word));
  return result;
}

}  // namespace fokker
