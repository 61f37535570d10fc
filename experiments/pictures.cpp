#include "fokker/experiments/pictures.h"

#include <algorithm>

#include "fokker/core/ops/view.h"
#include "fokker/core/png.h"

namespace fokker {
namespace {

constexpr std::int64_t grid_images = 64, strip_rows = 8;
constexpr int gap = 4;  // pixels between images

bool drawable(const Shape& images) { return images.rank() == 4 && (images[3] == 1 || images[3] == 3); }

/// Points as they lie in the plane, the data's range and a fifth around it.
void write_density(const std::filesystem::path& file, const Tensor& points, const ValueRange& range) {
  const double margin = 0.2 * (range.high - range.low);
  write_png(file, density_image(points, {.low = range.low - margin, .high = range.high + margin}), {.scale = 3});
}

/// frames [T, N, H, W, C] → the first rows of samples, [rows·T, H, W, C], each sample's frames side by side.
Tensor strip(const Tensor& frames) {
  const std::int64_t times = frames.extent(0), samples = frames.extent(1);
  const std::int64_t rows = std::min(samples, strip_rows);
  const Tensor flat = reshape(frames, {times * samples, frames.extent(2), frames.extent(3), frames.extent(4)});
  std::vector<std::int64_t> order;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t t = 0; t < times; ++t) order.push_back(t * samples + row);
  return gather(flat, order);
}

}  // namespace

void write_grid(const std::filesystem::path& file, const Tensor& x, const ValueRange& range) {
  if (drawable(x.shape()))
    write_png(file, x.rows(0, std::min(x.extent(0), grid_images)),
              {.low = range.low, .high = range.high, .separator = gap});
}

void write_side_by_side(const std::filesystem::path& file, const Tensor& real, const Tensor& samples,
                        const ValueRange& range) {
  if (!drawable(real.shape()) || real.extent(0) < grid_images || samples.extent(0) < grid_images) return;
  constexpr std::int64_t columns = 8;
  std::vector<std::int64_t> order;
  for (std::int64_t row = 0; row < grid_images / columns; ++row)
    for (std::int64_t side : {std::int64_t{0}, grid_images})
      for (std::int64_t column = 0; column < columns; ++column) order.push_back(side + row * columns + column);
  const Tensor both = concat({real.rows(0, grid_images), samples.rows(0, grid_images)}, 0);
  write_png(file, gather(both, order),
            {.low = range.low, .high = range.high, .columns = 2 * columns, .separator = gap});
}

void write_pictures(const std::filesystem::path& folder, const std::string& name, const Samples& samples,
                    const ValueRange& range) {
  const Tensor& x = samples.values;
  const auto file = folder / ("samples-" + name + ".png");
  if (x.rank() == 2 && x.extent(1) == 2) write_density(file, x, range);
  if (!drawable(x.shape())) return;
  write_grid(file, x, range);
  if (!samples.trajectory.defined()) return;
  write_png(folder / ("denoising-" + name + ".png"), strip(samples.trajectory),
            {.low = range.low,
             .high = range.high,
             .columns = static_cast<int>(samples.trajectory.extent(0)),
             .separator = gap});
}

}  // namespace fokker
