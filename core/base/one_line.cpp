#include "fokker/core/base/one_line.h"

#include <cstdint>

namespace fokker {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Bytes of the code point that `text` begins with; 0 where it is no UTF-8, overlong, a surrogate or beyond U+10FFFF.
std::size_t code_point(std::string_view text, std::uint32_t& value) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  value = size == 1 ? first : first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text[i])) return 0;
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return overlong || surrogate || value > 0x10FFFF ? 0 : size;
}

/// C0, DEL, C1, and what turns the direction of a line or breaks it.
bool controls(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::string printable(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::uint32_t c = 0;
    const std::size_t size = code_point(text, c);
    if (c == '\n' || c == '\t' || c == '\r')
      line += ' ';
    else if (size == 0 || controls(c))
      line += '?';
    else
      line += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return line;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view gap = " … ";
  std::string line = printable(text);
  if (line.size() <= limit) return line;
  std::size_t begin = (limit - gap.size()) * 2 / 3, end = line.size() - (limit - gap.size() - begin);
  while (continues(line[begin])) --begin;
  while (end < line.size() && continues(line[end])) ++end;
  return line.substr(0, begin) + std::string(gap) + line.substr(end);
}

}  // namespace fokker
