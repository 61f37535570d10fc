#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fokker {

/// Turns captions into numbers.  A word is a run of letters or a single digit, in lower case: "two 1s" has the words
/// two, 1 and s.  Everything else separates words.  The words of the captions that it was made from are numbered from 2
/// in alphabetic order, after padding_token and start_token.
class Tokenizer {
 public:
  /// A default tokenizer knows no word.
  Tokenizer() = default;
  explicit Tokenizer(std::span<const std::string> captions);

  /// Returns length() numbers: the start token, the words and padding.  Throws ConfigError for an unknown word, naming
  /// the nearest word and all others.  Throws ConfigError for more words than the longest caption had.
  std::vector<std::int64_t> operator()(const std::string& caption) const;
  /// The numbers of N captions, [N, length()].
  std::vector<std::int64_t> operator()(std::span<const std::string> captions) const;

  /// The caption in lower case with single spaces, up to the padding.  It inverts the encoding up to separators.
  std::string text(std::span<const std::int64_t> tokens) const;
  const std::vector<std::string>& words() const { return words_; }
  std::int64_t vocabulary() const { return std::ssize(words_) + 2; }
  std::int64_t length() const { return length_; }
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> words_;  // in alphabetic order
  std::int64_t length_ = 1;
};

}  // namespace fokker
