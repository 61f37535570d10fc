#include "fokker/core/io/png.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "fokker/core/base/memory.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

constexpr std::int64_t largest_side = 32'768;
constexpr std::int64_t visible_side = 64;
constexpr std::uint8_t separator_grey = 128;

/// Sizes in pixels of a grid of images.
struct Layout {
  std::int64_t rows, columns, scale, separator, height, width, channels;
  std::int64_t picture_height() const { return rows * height * scale + (rows - 1) * separator; }
  std::int64_t picture_width() const { return columns * width * scale + (columns - 1) * separator; }
};

Layout plan(const Shape& shape, const PngOptions& options) {
  require<ShapeError>(shape.rank() == 4 && shape.size() > 0 && (shape[3] == 1 || shape[3] == 3),
                      "[png] expected images [N, height, width, 1 or 3], got {}", to_string(shape));
  require<ConfigError>(
      options.columns >= 0 && options.scale >= 0 && options.separator >= 0 && options.low < options.high,
      "[png] expected low < high and no negative columns, scale or separator, got [{}, {}], {}, {}, {}", options.low,
      options.high, options.columns, options.scale, options.separator);
  const std::int64_t side = std::max(shape[1], shape[2]), n = shape[0];
  const auto square = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  const std::int64_t columns = options.columns ? std::min<std::int64_t>(options.columns, n) : square;
  const std::int64_t scale = options.scale ? options.scale : std::max<std::int64_t>(1, visible_side / side);
  Layout layout{(n + columns - 1) / columns, columns, scale, options.separator, shape[1], shape[2], shape[3]};
  require<ShapeError>(
      layout.picture_height() <= largest_side && layout.picture_width() <= largest_side,
      "[png] expected a picture of at most {} pixels a side, got {} × {}; draw fewer images or scale less",
      largest_side, layout.picture_width(), layout.picture_height());
  return layout;
}

std::uint8_t to_byte(double value, const PngOptions& options) {
  const double unit = (value - options.low) / (options.high - options.low);
  return unit > 0 ? static_cast<std::uint8_t>(std::lround(255 * std::min(unit, 1.0))) : 0;
}

std::vector<std::uint8_t> paint(const Tensor& images, const Layout& layout, const PngOptions& options) {
  const std::int64_t stride = layout.picture_width() * layout.channels;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(layout.picture_height() * stride), separator_grey);
  const std::int64_t tile_height = layout.height * layout.scale, tile_width = layout.width * layout.scale;
  for (std::int64_t i = 0; i < images.extent(0); ++i) {
    const std::int64_t top = i / layout.columns * (tile_height + layout.separator);
    const std::int64_t left = i % layout.columns * (tile_width + layout.separator);
    for (std::int64_t y = 0; y < tile_height; ++y)
      for (std::int64_t x = 0; x < tile_width; ++x)
        for (std::int64_t c = 0; c < layout.channels; ++c) {
          const std::int64_t row = i * layout.height + y / layout.scale;
          const std::int64_t source = (row * layout.width + x / layout.scale) * layout.channels + c;
          pixels[static_cast<std::size_t>((top + y) * stride + (left + x) * layout.channels + c)] =
              to_byte(images.at(source), options);
        }
  }
  return pixels;
}

/// The least and the greatest height of a curve between two columns, in rows from the top.
struct Extent {
  double least, greatest;
};

/// Column `column` of the curve with `length` heights row(0), row(1), …
template <class F>
Extent curve_extent(F row, std::int64_t length, std::int64_t column, std::int64_t width) {
  const auto place = [&](double edge) { return edge / static_cast<double>(width) * static_cast<double>(length - 1); };
  const auto between = [&](double at) {
    const auto k = std::min(static_cast<std::int64_t>(at), length - 2);
    return std::lerp(row(k), row(k + 1), at - static_cast<double>(k));
  };
  const double from = place(static_cast<double>(column)), to = place(static_cast<double>(column) + 1);
  Extent extent{std::min(between(from), between(to)), std::max(between(from), between(to))};
  for (auto k = static_cast<std::int64_t>(std::ceil(from)); static_cast<double>(k) <= to; ++k) {
    extent.least = std::min(extent.least, row(k));
    extent.greatest = std::max(extent.greatest, row(k));
  }
  return extent;
}

}  // namespace

std::vector<std::byte> encode_png(const Tensor& images, const PngOptions& options) {
  require<ShapeError>(images.defined(), "[png] expected images, got an undefined tensor");
  const Layout layout = plan(images.shape(), options);
  const auto pixels = paint(images, layout, options);
  png_image picture{};
  picture.version = PNG_IMAGE_VERSION;
  picture.width = static_cast<png_uint_32>(layout.picture_width());
  picture.height = static_cast<png_uint_32>(layout.picture_height());
  picture.format = layout.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(picture);
  std::vector<std::byte> bytes(size);
  const int good = png_image_write_to_memory(&picture, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  const std::string message = picture.message;
  png_image_free(&picture);
  require<IoError>(good != 0, "[png] encoding failed: {}", message);
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Tensor& images, const PngOptions& options) {
  write_file_atomically(path, encode_png(images, options));
}

Tensor read_png(const std::filesystem::path& path) { return parse_png(read_file(path), path.string()); }

Tensor parse_png(std::span<const std::byte> bytes, const std::string& name) {
  png_image picture{};
  picture.version = PNG_IMAGE_VERSION;
  const bool begun = png_image_begin_read_from_memory(&picture, bytes.data(), bytes.size()) != 0;
  const std::uint32_t format = picture.format;
  const auto refuse = [&](const std::string& why) {
    png_image_free(&picture);
    throw IoError(fmt::format("{}: {}", name, why));
  };
  if (!begun) refuse(fmt::format("expected a PNG file: {}", picture.message));
  if (picture.width > largest_side || picture.height > largest_side)
    refuse(fmt::format("expected at most {} pixels a side, got {} × {}", largest_side, picture.width, picture.height));
  if ((format & PNG_FORMAT_FLAG_LINEAR) != 0) refuse("expected 8 bits a channel, got 16; convert it");
  const std::int64_t channels = (format & PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1;
  picture.format = channels == 3 ? PNG_FORMAT_RGBA : PNG_FORMAT_GA;
  const std::uint64_t needed = std::uint64_t{4} * picture.width * picture.height * static_cast<std::uint64_t>(channels);
  if (const std::uint64_t most = std::min(unpacked_limit(bytes.size()), available_memory()); needed > most)
    refuse(fmt::format("expected an image of at most {}, got {} × {} pixels in {}", size_text(most), picture.width,
                       picture.height, size_text(bytes.size())));
  Tensor image = Tensor::empty({1, picture.height, picture.width, channels});
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(picture));
  if (png_image_finish_read(&picture, nullptr, pixels.data(), 0, nullptr) == 0)
    refuse(fmt::format("expected a whole PNG file: {}", picture.message));
  auto value = image.data<float>().begin();
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (static_cast<std::int64_t>(i) % (channels + 1) < channels)
      *value++ = static_cast<float>(pixels[i]) / 255;
    else if (pixels[i] != 255)
      refuse("expected an image without transparency; flatten it");
  return image;
}

Tensor density_image(const Tensor& points, const DensityOptions& options) {
  require<ShapeError>(points.defined() && points.rank() == 2 && points.extent(1) >= 2,
                      "[density_image] expected points [N, ≥ 2], got {}", to_string(points.shape()));
  require<ConfigError>(options.size > 0 && options.size <= largest_side && options.low < options.high,
                       "[density_image] expected low < high and 1 to {} pixels, got [{}, {}] and {}", largest_side,
                       options.low, options.high, options.size);
  const std::int64_t size = options.size, width = points.extent(1);
  std::vector<double> count(static_cast<std::size_t>(size * size));
  const auto cell = [&](double value) { return (value - options.low) / (options.high - options.low) * double(size); };
  const auto inside = [&](double at) { return at >= 0 && at < static_cast<double>(size); };
  for (std::int64_t i = 0; i < points.extent(0); ++i) {
    const double x = cell(points.at(i * width)), y = cell(points.at(i * width + 1));
    if (!inside(x) || !inside(y)) continue;
    const std::int64_t row = size - 1 - static_cast<std::int64_t>(y);
    count[static_cast<std::size_t>(row * size + static_cast<std::int64_t>(x))] += 1;
  }
  const double most = std::max(1.0, *std::max_element(count.begin(), count.end()));
  for (double& value : count) value = 1 - std::sqrt(value / most);
  return Tensor::from(count, {1, size, size, 1});
}

Tensor curve_images(const Tensor& signals, const CurveOptions& options) {
  require<ShapeError>(signals.defined() && signals.rank() == 2 && signals.extent(1) >= 2,
                      "[curve_images] expected signals [N, length ≥ 2], got {}", to_string(signals.shape()));
  require<ConfigError>(options.width > 0 && options.height > 0 && options.low < options.high,
                       "[curve_images] expected low < high and sizes above 0, got [{}, {}] and {} × {}", options.low,
                       options.high, options.width, options.height);
  constexpr double half_stroke = 0.75;  // pixels
  const std::int64_t n = signals.extent(0), length = signals.extent(1), height = options.height, width = options.width;
  Tensor images = Tensor::empty({n, height, width, 1});
  auto pixel = images.data<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto row = [&](std::int64_t k) {
      const double unit = (signals.at(i * length + k) - options.low) / (options.high - options.low);
      return half_stroke + (1 - std::clamp(unit, 0.0, 1.0)) * (static_cast<double>(height) - 2 * half_stroke);
    };
    for (std::int64_t x = 0; x < width; ++x) {
      const Extent extent = curve_extent(row, length, x, width);
      for (std::int64_t y = 0; y < height; ++y) {
        const double middle = static_cast<double>(y) + 0.5;
        const double away = std::max({extent.least - middle, middle - extent.greatest, 0.0});
        pixel[(i * height + y) * width + x] = static_cast<float>(std::clamp(away - half_stroke + 0.5, 0.0, 1.0));
      }
    }
  }
  return images;
}

}  // namespace fokker
