#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/data/scenes.h"

namespace fokker {

/// How a SceneReader is trained.
struct SceneReaderConfig {
  std::int64_t scenes = 30'000;  // number of real scenes; it learns from those that are not held out
  std::int64_t steps = 2000;
  std::int64_t batch = 128;
  double learning_rate = 2e-3;
  std::uint64_t seed = 0;
};

/// A convolutional classifier that reads the layout, the digits and the style of a scene.  It is trained on real scenes
/// alone, and on none that is held out, so that it can judge made images and captions that no training has seen.  The
/// bits depend on the config alone.
class SceneReader {
 public:
  /// Trains the networks.
  explicit SceneReader(const SceneReaderConfig& config = {});
  ~SceneReader();
  SceneReader(SceneReader&&) noexcept;

  /// Reads what images [N, 16, 16, 1] with grey levels 0 … 16 show.  Throws ShapeError for other images.
  std::vector<Scene> operator()(const Tensor& images) const;

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

/// Counts the images that show what their captions say.  Throws ShapeError unless there is a caption for each image.
std::int64_t count_shown(const SceneReader& reader, const Tensor& images, std::span<const std::string> captions);

}  // namespace fokker
