#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fokker {

/// Captions as numbers.  A word is a run of letters or a single digit, in lower case ("two 1s" has the words two, 1, s);
/// everything else separates words.  The words of the captions that it was made of are numbered from 2 in alphabetic order,
/// behind padding_token and start_token.
class Tokenizer {
 public:
  /// Knows no word.
  Tokenizer() = default;
  explicit Tokenizer(std::span<const std::string> captions);

  /// length() numbers: the start token, the words and padding.  Throws ConfigError for a word that it does not know, with
  /// the nearest one and all others, and for more words than the longest caption had.
  std::vector<std::int64_t> operator()(const std::string& caption) const;
  /// [N, length()]
  std::vector<std::int64_t> operator()(std::span<const std::string> captions) const;

  /// The caption in lower case with single spaces, up to the padding; the inverse of encoding up to separators.
  std::string text(std::span<const std::int64_t> tokens) const;
  const std::vector<std::string>& words() const { return words_; }
  std::int64_t vocabulary() const { return std::ssize(words_) + 2; }
  std::int64_t length() const { return length_; }
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> words_;  // sorted
  std::int64_t length_ = 1;
};

}  // namespace fokker
