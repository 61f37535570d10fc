#include "fokker/experiments/data/masks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "fokker/core/base/error.h"
#include "fokker/core/base/names.h"
#include "fokker/core/base/registry.h"
#include "fokker/core/config/config_document.h"
#include "fokker/core/io/png.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"

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

/// The white pixels of a picture: those above the middle of the range.
std::vector<bool> white_pixels(const std::string& file, std::int64_t height, std::int64_t width) {
  const Tensor picture = read_png(file);
  require<ShapeError>(picture.extent(1) == height && picture.extent(2) == width,
                      "[mask] {}: expected a picture of {} × {} pixels, those of the data, got {} × {}", file, height,
                      width, picture.extent(1), picture.extent(2));
  std::vector<bool> hidden;
  for (const double value : mean(picture, {0, 3}).to_vector()) hidden.push_back(value > 0.5);
  const auto white = std::ranges::count(hidden, true);
  require<ConfigError>(white > 0 && white < height * width,
                       "[mask] {}: {} of its pixels are white; those hide a part of the image, and a part must stay",
                       file, white == 0 ? "none" : "all");
  return hidden;
}

std::vector<bool> pixels_of(const Region& region, std::int64_t height, std::int64_t width) {
  std::vector<bool> hidden;
  for (std::int64_t pixel = 0; pixel < height * width; ++pixel)
    hidden.push_back(region.hidden({pixel / width, pixel % width, height, width}));
  return hidden;
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
  const Registry table("[mask]", regions);
  if (const Region* found = table.find(name)) return *found;
  throw ConfigError(fmt::format("[mask] {}, random(SHARE) or FILE.png", unknown_name(name, table.names())));
}

}  // namespace

std::vector<bool> known_part(const std::string& hidden, const Shape& sample, std::uint64_t seed) {
  require<ShapeError>(sample.rank() == 3 || sample.rank() == 1,
                      "[mask] expected images [height, width, channels] or signals [length], got samples {}", sample);
  const bool image = sample.rank() == 3;
  const std::int64_t height = image ? sample[0] : 1, width = image ? sample[1] : sample[0];
  const std::int64_t channels = image ? sample[2] : 1;
  const double share = random_share(hidden);
  const std::vector<bool> gone = share != -1                ? random_pixels(share, height * width, seed)
                                 : hidden.ends_with(".png") ? white_pixels(hidden, height, width)
                                                            : pixels_of(region(hidden), height, width);
  std::vector<bool> known;
  for (const bool pixel : gone) known.insert(known.end(), static_cast<std::size_t>(channels), !pixel);
  return known;
}

}  // namespace fokker
