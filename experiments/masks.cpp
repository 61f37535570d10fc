#include "fokker/experiments/masks.h"

#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

#include "fokker/core/config_document.h"
#include "fokker/core/error.h"
#include "fokker/core/rng.h"

namespace fokker {
namespace {

struct Pixel {
  std::int64_t row, column, height, width;

  static bool middle(std::int64_t place, std::int64_t length) { return 4 * place >= length && 4 * place < 3 * length; }
  bool central() const { return (height == 1 || middle(row, height)) && middle(column, width); }
};

struct Region {
  const char* name;
  bool (*hidden)(const Pixel& pixel);
};

constexpr Region regions[] = {
    {"left_half", [](const Pixel& p) { return 2 * p.column < p.width; }},
    {"right_half", [](const Pixel& p) { return 2 * p.column >= p.width; }},
    {"top_half", [](const Pixel& p) { return 2 * p.row < p.height; }},
    {"bottom_half", [](const Pixel& p) { return 2 * p.row >= p.height; }},
    {"centre", [](const Pixel& p) { return p.central(); }},
    {"outside", [](const Pixel& p) { return !p.central(); }},
    {"every_other", [](const Pixel& p) { return (p.row + p.column) % 2 == 1; }},
};

/// SHARE of "random(SHARE)", or −1.
double random_share(const std::string& text) {
  const std::string begin = "random(";
  if (!text.starts_with(begin) || !text.ends_with(")")) return -1;
  double share = -1;
  const char *first = text.data() + begin.size(), *last = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(first, last, share);
  return error == std::errc() && end == last ? share : -1;
}

std::vector<bool> random_pixels(double share, std::int64_t pixels, std::uint64_t seed) {
  require<ConfigError>(share > 0 && share < 1, "[mask] expected random(SHARE) with a share between 0 and 1, got {}",
                       share);
  std::vector<bool> hidden(static_cast<std::size_t>(pixels));
  const auto order = Rng(seed).permutation(pixels);
  const auto count = std::llround(share * static_cast<double>(pixels));
  for (std::int64_t i = 0; i < count; ++i) hidden[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
  return hidden;
}

const Region& region(const std::string& name) {
  std::vector<std::string> names;
  for (const Region& entry : regions) {
    if (name == entry.name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw ConfigError(fmt::format("[mask] expected one of {} or random(SHARE), got \"{}\"{}", fmt::join(names, ", "),
                                name, near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
}

}  // namespace

std::vector<bool> known_part(const std::string& hidden, const Shape& sample, std::uint64_t seed) {
  require<ShapeError>(sample.rank() == 3 || sample.rank() == 1,
                      "[mask] expected images [height, width, channels] or signals [length], got samples {}", sample);
  const bool image = sample.rank() == 3;
  const std::int64_t height = image ? sample[0] : 1, width = image ? sample[1] : sample[0];
  const std::int64_t channels = image ? sample[2] : 1;
  const double share = random_share(hidden);
  const std::vector<bool> scattered = share != -1 ? random_pixels(share, height * width, seed) : std::vector<bool>{};
  const Region* named = share != -1 ? nullptr : &region(hidden);
  std::vector<bool> known;
  for (std::int64_t pixel = 0; pixel < height * width; ++pixel) {
    const Pixel place{pixel / width, pixel % width, height, width};
    const bool gone = named ? named->hidden(place) : scattered[static_cast<std::size_t>(pixel)];
    known.insert(known.end(), static_cast<std::size_t>(channels), !gone);
  }
  return known;
}

}  // namespace fokker
