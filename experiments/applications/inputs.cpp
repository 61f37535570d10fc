#include "fokker/experiments/applications/inputs.h"

#include "fokker/core/io/png.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

void require_no_input(const ApplicationInput& input, const char* name) {
  require<ConfigError>(!input.x.defined(), "[{}] it draws samples and takes no input; leave {} out", name, input.name);
}

ApplicationInput read_images(const TrainedRun& run, const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return {};
  const auto [low, high] = run.model.facts.range;
  std::vector<Tensor> images;
  for (const auto& file : files) {
    const Tensor image = read_png(file);
    require<ShapeError>(without_axis(image.shape(), 0) == run.model.sample_shape,
                        "{}: expected an image {}, [height, width, channels], as the run was trained on, got {}",
                        file.string(), run.model.sample_shape, without_axis(image.shape(), 0));
    images.push_back(image * (high - low) + low);
  }
  return {.x = concat(images, 0), .name = "--image"};
}

}  // namespace fokker
