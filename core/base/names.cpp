#include "fokker/core/base/names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace fokker {
namespace {

constexpr std::size_t most = 3;
constexpr std::size_t far = 1000;

/// "DPM-Solver++" → "dpmsolverpp"
std::string letters(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '+') result += 'p';
    if (std::isalnum(static_cast<unsigned char>(c)))
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

/// Returns how many letters are to be changed, added or dropped to make one name of the other, or of some part of
/// `long_name` where `part` is set.
std::size_t edits(std::string_view name, std::string_view long_name, bool part) {
  std::vector<std::size_t> row(long_name.size() + 1);
  if (!part) std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < name.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < long_name.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (name[i] != long_name[j])});
      diagonal = above;
    }
  }
  return part ? *std::ranges::min_element(row) : row.back();
}

/// Returns the distance of two names: 0 for equal letters, `far` where one cannot be meant by the other.
std::size_t distance(std::string_view name, std::string_view known) {
  const std::size_t whole = edits(name, known, false), part = edits(name, known, true);
  // Two changes turn any word of two letters into any other.  A name with nothing in common is therefore not near.
  if (whole <= std::max<std::size_t>(2, name.size() / 3) && whole < std::max(name.size(), known.size())) return whole;
  return name.size() >= 3 && part <= name.size() / 4 ? part + 1 : far;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& names) {
  constexpr std::size_t longest = 256;  // no name is near to a longer one, which would take its time
  const std::string own = name.size() > longest ? "" : letters(name);
  std::vector<std::string> nearest;
  std::size_t best = far - 1;
  for (const std::string& known : names) {
    const std::size_t apart = own.empty() ? far : distance(own, letters(known));
    if (apart < best) nearest.clear();
    best = std::min(best, apart);
    if (apart == best && nearest.size() < most) nearest.push_back(known);
  }
  return nearest;
}

std::string unknown_name(std::string_view name, const std::vector<std::string>& names) {
  std::string question;
  for (const std::string& near : nearest_names(name, names))
    question += fmt::format("{} \"{}\"", question.empty() ? "did you mean" : " or", near);
  if (!question.empty()) question += "? ";
  return fmt::format("unknown \"{}\"; {}expected one of {}", name, question, fmt::join(names, ", "));
}

}  // namespace fokker
