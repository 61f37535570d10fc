#include "fokker/experiments/data/styles.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fokker/core/base/registry.h"
#include "fokker/core/config/config.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/dataset_files.h"

namespace fokker {
namespace {

constexpr std::int64_t fine = 4;  // subpixels along a pixel's edge
constexpr double thin_radius = 0.5 * fine, bold_radius = 0.375 * fine;
constexpr double slope = 0.25;

/// One channel of one image, dark outside; values count from the dark.
struct Plane {
  std::int64_t height, width;
  std::vector<double> values;

  Plane(std::int64_t height, std::int64_t width)
      : height(height), width(width), values(static_cast<std::size_t>(height * width)) {}
  double& at(std::int64_t y, std::int64_t x) { return values[static_cast<std::size_t>(y * width + x)]; }
  double at(std::int64_t y, std::int64_t x) const {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? values[static_cast<std::size_t>(y * width + x)] : 0;
  }
  double largest() const { return *std::ranges::max_element(values); }
};

/// Interpolates bilinearly, with values at the centres of pixels.
double between(const Plane& plane, double y, double x) {
  const double top = std::floor(y), left = std::floor(x), v = y - top, u = x - left;
  const auto i = static_cast<std::int64_t>(top), j = static_cast<std::int64_t>(left);
  return (1 - v) * ((1 - u) * plane.at(i, j) + u * plane.at(i, j + 1)) +
         v * ((1 - u) * plane.at(i + 1, j) + u * plane.at(i + 1, j + 1));
}

Plane refined(const Plane& plane) {
  Plane result(fine * plane.height, fine * plane.width);
  const auto centre = [](std::int64_t i) { return (static_cast<double>(i) + 0.5) / fine - 0.5; };
  for (std::int64_t y = 0; y < result.height; ++y)
    for (std::int64_t x = 0; x < result.width; ++x) result.at(y, x) = between(plane, centre(y), centre(x));
  return result;
}

Plane coarsened(const Plane& plane) {
  Plane result(plane.height / fine, plane.width / fine);
  for (std::int64_t y = 0; y < plane.height; ++y)
    for (std::int64_t x = 0; x < plane.width; ++x) result.at(y / fine, x / fine) += plane.at(y, x) / (fine * fine);
  return result;
}

/// Grey erosion (`choose` the smaller) or dilation (the larger) by a disc.
template <class Choose>
Plane morphed(const Plane& plane, double radius, Choose choose) {
  Plane result = plane;
  const auto reach = static_cast<std::int64_t>(radius);
  for (std::int64_t y = 0; y < plane.height; ++y)
    for (std::int64_t x = 0; x < plane.width; ++x)
      for (std::int64_t dy = -reach; dy <= reach; ++dy)
        for (std::int64_t dx = -reach; dx <= reach; ++dx)
          if (static_cast<double>(dy * dy + dx * dx) <= radius * radius)
            result.at(y, x) = choose(result.at(y, x), plane.at(y + dy, x + dx));
  return result;
}

Plane thin_plane(const Plane& plane) {
  Plane result = coarsened(morphed(refined(plane), thin_radius, [](double a, double b) { return std::min(a, b); }));
  const double largest = result.largest();
  if (largest > 0)
    for (double& v : result.values) v *= plane.largest() / largest;
  return result;
}

Plane bold_plane(const Plane& plane) {
  return coarsened(morphed(refined(plane), bold_radius, [](double a, double b) { return std::max(a, b); }));
}

Plane slanted_plane(const Plane& plane) {
  Plane result(plane.height, plane.width);
  const double middle = 0.5 * static_cast<double>(plane.height - 1);
  for (std::int64_t y = 0; y < plane.height; ++y)
    for (std::int64_t x = 0; x < plane.width; ++x)
      result.at(y, x) =
          between(plane, static_cast<double>(y), static_cast<double>(x) - slope * (middle - static_cast<double>(y)));
  return result;
}

Tensor each_plane(const Tensor& images, const ValueRange& range, Plane (*change)(const Plane&)) {
  require<ShapeError>(images.rank() == 4, "[styles] expected images [N, height, width, channels], got {}",
                      images.shape());
  Tensor result = images.clone();
  const std::int64_t height = images.extent(1), width = images.extent(2), channels = images.extent(3);
  const auto low = static_cast<float>(range.low);
  auto values = result.data<float>();
  for (std::int64_t plane_index = 0; plane_index < images.extent(0) * channels; ++plane_index) {
    const std::int64_t first = plane_index / channels * height * width * channels + plane_index % channels;
    Plane plane(height, width);
    for (std::int64_t i = 0; i < height * width; ++i) plane.values[i] = values[first + i * channels] - low;
    const Plane changed = change(plane);
    for (std::int64_t i = 0; i < height * width; ++i)
      values[first + i * channels] = static_cast<float>(changed.values[i]) + low;
  }
  return result;
}

constexpr std::array entries{StyleEntry{"thin", "strokes eroded", thin}, StyleEntry{"bold", "strokes dilated", bold},
                             StyleEntry{"slanted", "sheared to the right", slanted},
                             StyleEntry{"inverted", "dark on bright", inverted}};
constexpr Registry table("[styles]", entries);

}  // namespace

Tensor thin(const Tensor& images, const ValueRange& range) { return each_plane(images, range, thin_plane); }
Tensor bold(const Tensor& images, const ValueRange& range) { return each_plane(images, range, bold_plane); }
Tensor slanted(const Tensor& images, const ValueRange& range) { return each_plane(images, range, slanted_plane); }

Tensor inverted(const Tensor& images, const ValueRange& range) {
  Tensor result = images.clone();
  for (float& v : result.data<float>()) v = static_cast<float>(range.low + range.high) - v;
  return result;
}

std::span<const StyleEntry> style_entries() { return entries; }

Dataset digit_styles(const std::string&, const DatasetOptions& options) {
  Dataset digits = load_digits("", {});
  const std::int64_t looks = std::ssize(entries) + 1, all = digits.size() * looks;
  std::vector<Tensor> columns{digits.x};
  for (const auto& entry : entries) columns.push_back(entry.apply(digits.x, digits.range));
  std::vector<std::int64_t> order;
  Dataset result{.range = digits.range, .source = digits.source + "; styles by morphology"};
  const std::int64_t rows = options.n > 0 ? std::min(options.n, all) : all, shown = (rows + looks - 1) / looks;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t digit = row / looks, style = row % looks;
    order.push_back(style * digits.size() + digit);
    result.labels.push_back(style);
    result.pairs.push_back(digit);
    result.held_out.push_back(digit >= shown * 4 / 5);
  }
  result.x = gather(concat(columns, 0), order);
  result.name = "styles";
  result.sha256 = digits.sha256;
  return result;
}

Tensor styled(const std::string& name, const Tensor& images, const ValueRange& range) {
  return table.at(name).apply(images, range);
}

}  // namespace fokker
