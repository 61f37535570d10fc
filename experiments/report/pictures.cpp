#include "fokker/experiments/report/pictures.h"

#include <algorithm>

#include "fokker/core/io/file.h"
#include "fokker/core/io/png.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr std::int64_t grid_images = 64, strip_rows = 8;
constexpr int gap = 4;  // pixels between images

/// The first samples, at most `most`.
Tensor as_images(const Tensor& x, const Look& look, std::int64_t most) {
  return as_images(x.rows(0, std::min(x.extent(0), most)), look);
}

/// Takes frames [T, N, …] to images [rows·T, H, W, C] of the first samples, with each sample's frames side by side.
Tensor strip(const Tensor& frames, const Look& look) {
  const std::int64_t times = frames.extent(0), samples = frames.extent(1);
  const std::int64_t rows = std::min(samples, strip_rows);
  std::vector<std::int64_t> order;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t t = 0; t < times; ++t) order.push_back(t * samples + row);
  const Tensor flat = reshape(frames, with_extent(without_axis(frames.shape(), 0), 0, times * samples));
  return as_images(gather(flat, order), look, rows * times);
}

}  // namespace

bool drawable(const Shape& images) { return images.rank() == 4 && (images[3] == 1 || images[3] == 3); }

Tensor as_images(const Tensor& x, const Look& look) {
  if (!look.signals || x.rank() != 2) return x;
  const auto [low, high] = look.range;
  return curve_images(x, {.low = low, .high = high}) * (high - low) + low;
}

Look look_of(const DataFacts& facts) { return {.range = facts.range, .signals = facts.signals}; }

std::vector<std::byte> overview_png(const Tensor& x, const Look& look) {
  if (x.rank() == 0 || x.size() == 0) return {};
  const auto [low, high] = look.range;
  const Tensor images = as_images(x, look, grid_images);
  if (drawable(images.shape())) return encode_png(images, {.low = low, .high = high, .separator = gap});
  if (x.rank() != 2 || x.extent(1) != 2) return {};
  // Points lie in the data's range and a fifth around it.
  const double margin = 0.2 * (high - low);
  return encode_png(density_image(x, {.low = low - margin, .high = high + margin}), {.scale = 3});
}

bool write_grid(const std::filesystem::path& file, const Tensor& x, const Look& look) {
  const Tensor images = as_images(x, look, grid_images);
  if (!drawable(images.shape())) return false;
  write_png(file, images, {.low = look.range.low, .high = look.range.high, .separator = gap});
  return true;
}

void write_side_by_side(const std::filesystem::path& file, const Tensor& real, const Tensor& samples,
                        const Look& look) {
  if (real.extent(0) < grid_images || samples.extent(0) < grid_images) return;
  const Tensor both = concat({as_images(real, look, grid_images), as_images(samples, look, grid_images)}, 0);
  if (!drawable(both.shape())) return;
  constexpr std::int64_t columns = 8;
  std::vector<std::int64_t> order;
  for (std::int64_t row = 0; row < grid_images / columns; ++row)
    for (std::int64_t side : {std::int64_t{0}, grid_images})
      for (std::int64_t column = 0; column < columns; ++column) order.push_back(side + row * columns + column);
  write_png(file, gather(both, order),
            {.low = look.range.low, .high = look.range.high, .columns = 2 * columns, .separator = gap});
}

std::vector<std::filesystem::path> write_pictures(const std::filesystem::path& folder, const std::string& name,
                                                  const Samples& samples, const Look& look) {
  std::vector<std::filesystem::path> written;
  const auto picture = overview_png(samples.values, look);
  if (!picture.empty()) {
    written.push_back(folder / ("samples-" + name + ".png"));
    write_file_atomically(written.back(), picture);
  }
  if (!samples.trajectory.defined()) return written;
  const Tensor frames = strip(samples.trajectory, look);
  if (!drawable(frames.shape())) return written;
  written.push_back(folder / ("denoising-" + name + ".png"));
  write_png(written.back(), frames,
            {.low = look.range.low,
             .high = look.range.high,
             .columns = static_cast<int>(samples.trajectory.extent(0)),
             .separator = gap});
  return written;
}

}  // namespace fokker
