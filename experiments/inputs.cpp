#include "fokker/experiments/inputs.h"

#include <algorithm>
#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/png.h"

namespace fokker {

Dataset application_data(const TrainedRun& run, const ApplicationInput& input, std::int64_t n) {
  Dataset data;
  if (input.x.defined()) {
    require<ShapeError>(
        input.x.rank() >= 1 && input.x.extent(0) > 0 && without_axis(input.x.shape(), 0) == run.model.sample_shape,
        "[input] expected samples of shape {}, as the run was trained on, got {}", run.model.sample_shape,
        input.x.rank() > 0 ? without_axis(input.x.shape(), 0) : input.x.shape());
    data = {.x = input.x, .name = "input", .range = run.model.data.range};
  } else {
    require<ConfigError>(run.model.data.held_out.size() > 0,
                         "[input] the run held no data out; give it samples, or train with data.held_out above 0");
    data = in_data_units(run.model.data.held_out, run.model.data);
  }
  if (n == 0 || n >= data.size()) return data;
  std::vector<std::int64_t> first(static_cast<std::size_t>(n));
  std::iota(first.begin(), first.end(), 0);
  return subset(data, first);
}

ApplicationInput read_images(const TrainedRun& run, const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return {};
  const auto [low, high] = run.model.data.range;
  std::vector<Tensor> images;
  for (const auto& file : files) {
    const Tensor image = read_png(file);
    require<ShapeError>(without_axis(image.shape(), 0) == run.model.sample_shape,
                        "{}: expected an image {}, [height, width, channels], as the run was trained on, got {}",
                        file.string(), run.model.sample_shape, without_axis(image.shape(), 0));
    images.push_back(image * (high - low) + low);
  }
  return {.x = concat(images, 0)};
}

}  // namespace fokker
