#include "fokker/experiments/metrics/scene_reader.h"

#include <algorithm>

#include "fokker/core/base/parallel.h"
#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/norm.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/data/batch.h"

namespace fokker {
namespace {

constexpr std::int64_t edge = 16, window = 10, block_rows = 128, lanes = 4;
constexpr double middle_grey = 8, drop = 0.3;

/// Row and column of the upper left corner of the window in which a layout has its first or second digit.
std::array<std::int64_t, 2> corner(std::int64_t layout, bool second) {
  constexpr std::int64_t middle = (edge - window) / 2, far = edge - window, half = edge / 2;
  switch (layout) {
    case Scene::left: return {middle, 0};
    case Scene::right: return {middle, far};
    case Scene::top: return {0, middle};
    case Scene::bottom: return {far, middle};
    case Scene::beside: return {middle, (second ? half : 0) - 1};
    case Scene::stacked: return {(second ? half : 0) - 1, middle};
    default: return {middle, middle};
  }
}

/// One digit of a scene.  A network sees neither the digit's place nor the neighbour, so a composition that training
/// lacks is read like any other.
struct Slot {
  std::int64_t row, layout;
  bool second;
};

/// The window of a slot.  It is dark beyond the image and in the other half of a pair.
void copy_window(std::span<const float> image, const Slot& slot, std::span<float> out) {
  const auto [top, left] = corner(slot.layout, slot.second);
  const std::int64_t half = edge / 2, begin = slot.second ? half : 0, end = begin + half;
  const auto inside = [&](std::int64_t i, bool halved) { return halved ? i >= begin && i < end : i >= 0 && i < edge; };
  for (std::int64_t y = 0; y < window; ++y)
    for (std::int64_t x = 0; x < window; ++x) {
      const bool seen =
          inside(top + y, slot.layout == Scene::stacked) && inside(left + x, slot.layout == Scene::beside);
      out[static_cast<std::size_t>(y * window + x)] =
          seen ? image[static_cast<std::size_t>((top + y) * edge + left + x)] : 0;
    }
}

/// The windows of the slots, [slots, window, window, 1].
Tensor windows(const Tensor& images, std::span<const Slot> slots) {
  Tensor result = Tensor::empty({std::ssize(slots), window, window, 1});
  const auto from = images.data<float>();
  auto out = result.data<float>();
  for (std::size_t i = 0; i < slots.size(); ++i)
    copy_window(from.subspan(static_cast<std::size_t>(slots[i].row * edge * edge), edge * edge), slots[i],
                out.subspan(i * window * window, window * window));
  return result;
}

/// The slots of every scene, the first and the second digit of a pair side by side.
std::vector<Slot> slots_of(std::span<const Scene> scenes) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    slots.push_back({static_cast<std::int64_t>(i), scenes[i].layout, false});
    if (scenes[i].pair()) slots.push_back({static_cast<std::int64_t>(i), scenes[i].layout, true});
  }
  return slots;
}

/// The scenes that are not held out.
Scenes training_scenes(const SceneReaderConfig& config) {
  Scenes all = make_scenes(config.scenes, config.seed);
  std::vector<std::int64_t> rows;
  Scenes result;
  for (std::int64_t row = 0; row < all.data.size(); ++row) {
    if (all.data.held_out[static_cast<std::size_t>(row)]) continue;
    rows.push_back(row);
    result.shown.push_back(all.shown[static_cast<std::size_t>(row)]);
  }
  result.data = subset(all.data, rows);
  return result;
}

/// Convolutions with norms, every second of stride 2, and two linear layers: grey levels [B, H, W, 1] → [B, outputs].
struct ConvNet {
  std::vector<Conv2d> convolutions;
  std::vector<GroupNorm> norms;
  Linear hidden, last;
  Dropout dropout;

  ConvNet(std::span<const std::int64_t> channels, std::int64_t size, std::int64_t outputs, const Rng& rng)
      : dropout{drop, rng.seed()} {
    std::int64_t in = 1;
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const bool strided = i % 2 == 1;
      convolutions.emplace_back(in, channels[i], 3, rng.fork(i), strided ? 2 : 1);
      norms.emplace_back(channels[i], 8, Activation::silu);
      if (strided) size = (size + 1) / 2;
      in = channels[i];
    }
    constexpr std::int64_t features = 128;
    hidden = Linear(size * size * in, features, rng.fork(10));
    last = Linear(features, outputs, rng.fork(11));
  }
  void visit(const ParameterVisitor& visitor) {
    visitor("convolutions", convolutions);
    visitor("norms", norms);
    visitor("hidden", hidden);
    visitor("last", last);
  }
  Tensor operator()(const Tensor& x, const Pass& pass) const {
    Tensor h = (x - middle_grey) * (1 / middle_grey);
    for (std::size_t i = 0; i < convolutions.size(); ++i) h = norms[i](convolutions[i](h));
    return last(dropout(silu(hidden(reshape(h, {h.extent(0), h.size() / h.extent(0)}))), pass));
  }
};

constexpr std::array<std::int64_t, 4> layout_channels = {16, 16, 32, 32};
constexpr std::array<std::int64_t, 3> digit_channels = {32, 64, 64};

}  // namespace

/// One network finds the layout, the other reads digit and style in the window of each digit.
struct SceneReader::Layers final : Module {
  ConvNet layout, digit;

  explicit Layers(const Rng& rng)
      : layout(layout_channels, edge, Scene::layouts, rng.fork(0)),
        digit(digit_channels, window, Scene::digits + std::ssize(Scene::styles), rng.fork(1)) {}

  std::unique_ptr<Module> clone() const override { return std::make_unique<Layers>(*this); }
  void visit(const ParameterVisitor& visitor) override {
    visitor("layout", layout);
    visitor("digit", digit);
  }
  Tensor loss(const Tensor& images, std::span<const Scene> shown, const Pass& pass) const;
  void train(const SceneReaderConfig& config);
  void read(const Tensor& images, std::span<Scene> seen) const;
};

Tensor SceneReader::Layers::loss(const Tensor& images, std::span<const Scene> shown, const Pass& pass) const {
  const auto slots = slots_of(shown);
  std::vector<std::int64_t> layouts, digits, styles;
  for (const Scene& scene : shown) layouts.push_back(scene.layout);
  for (const Slot& slot : slots) {
    const Scene& scene = shown[static_cast<std::size_t>(slot.row)];
    digits.push_back(slot.second ? scene.second : scene.first);
    styles.push_back(scene.style);
  }
  const Tensor logits = digit(windows(images, slots), pass);
  return sum(cross_entropy(layout(images, pass), layouts)) +
         sum(cross_entropy(slice(logits, 1, 0, Scene::digits), digits)) +
         sum(cross_entropy(slice(logits, 1, Scene::digits, logits.extent(1)), styles));
}

void SceneReader::Layers::train(const SceneReaderConfig& config) {
  const Scenes scenes = training_scenes(config);
  std::vector<std::unique_ptr<Module>> replicas;
  std::vector<std::vector<Tensor>> leaves(lanes), gradients(lanes);
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    replicas.push_back(replica());
    for (const auto& parameter : replicas.back()->trainable_parameters())
      leaves[static_cast<std::size_t>(lane)].push_back(*parameter.tensor);
  }
  Adam adam(trainable_parameters(), {.weight_decay = 1e-2});
  BatchOrder order(config.seed, scenes.data.size(), config.batch);
  const ScheduleConfig schedule{.kind = "cosine", .warmup = config.steps / 20, .total = config.steps};
  for (std::int64_t step = 0; step < config.steps; ++step) {
    const auto rows = order.indices(step);
    parallel(lanes, [&](std::int64_t lane) {
      const std::int64_t first = lane * config.batch / lanes, end = (lane + 1) * config.batch / lanes;
      const auto own = std::span(rows).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
      std::vector<Scene> shown;
      for (const auto row : own) shown.push_back(scenes.shown[static_cast<std::size_t>(row)]);
      const Pass pass{.training = true,
                      .rng = Rng(config.seed, Stream::dropout, static_cast<std::uint32_t>(step)),
                      .first_sample = first};
      const auto& network = static_cast<const Layers&>(*replicas[static_cast<std::size_t>(lane)]);
      gradients[static_cast<std::size_t>(lane)] =
          grad(network.loss(gather(scenes.data.x, own), shown, pass), leaves[static_cast<std::size_t>(lane)]);
    });
    sum_lanes(gradients);
    adam.step(gradients[0], config.learning_rate * schedule_factor(schedule, step),
              1 / static_cast<double>(config.batch));
  }
}

void SceneReader::Layers::read(const Tensor& images, std::span<Scene> seen) const {
  const auto layouts = argmax(layout(images, {})).to_vector();
  for (std::size_t i = 0; i < seen.size(); ++i) seen[i].layout = static_cast<std::int64_t>(layouts[i]);
  const auto slots = slots_of(seen);
  const Tensor logits = digit(windows(images, slots), {});
  const auto digits = argmax(slice(logits, 1, 0, Scene::digits)).to_vector();
  const Tensor styles = slice(logits, 1, Scene::digits, logits.extent(1));
  for (std::size_t k = 0; k < slots.size(); ++k) {
    Scene& scene = seen[static_cast<std::size_t>(slots[k].row)];
    (slots[k].second ? scene.second : scene.first) = static_cast<std::int64_t>(digits[k]);
    // The style of a pair is the one that both of its digits together make likeliest.
    const auto row = static_cast<std::int64_t>(k);
    const Tensor both =
        slots[k].second ? styles.rows(row - 1, row) + styles.rows(row, row + 1) : styles.rows(row, row + 1);
    scene.style = static_cast<std::int64_t>(argmax(both).item());
  }
}

SceneReader::SceneReader(const SceneReaderConfig& config)
    : layers_(std::make_unique<Layers>(Rng(config.seed, Stream::initialisation))) {
  require<ConfigError>(config.steps >= 1 && config.batch >= lanes,
                       "[scene_reader] expected steps ≥ 1 and batch ≥ {}, got {} and {}", lanes, config.steps,
                       config.batch);
  layers_->train(config);
}

SceneReader::~SceneReader() = default;
SceneReader::SceneReader(SceneReader&&) noexcept = default;

std::vector<Scene> SceneReader::operator()(const Tensor& images) const {
  require<ShapeError>(
      images.rank() == 4 && images.extent(1) == edge && images.extent(2) == edge && images.extent(3) == 1,
      "[scene_reader] expected images [N, {}, {}, 1], got {}", edge, edge, images.shape());
  const std::int64_t n = images.extent(0);
  const Tensor x = cast(images.detach(), Dtype::f32);
  std::vector<Scene> seen(static_cast<std::size_t>(n));
  for_shards(n, block_rows, [&](const RowRange& range) {
    const NoGrad no_grad;
    layers_->read(
        x.rows(range.first, range.first + range.count),
        std::span(seen).subspan(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.count)));
  });
  return seen;
}

std::int64_t count_shown(const SceneReader& reader, const Tensor& images, std::span<const std::string> captions) {
  require<ShapeError>(images.extent(0) == std::ssize(captions),
                      "[scene_reader] expected {} captions, one an image, got {}", images.extent(0), captions.size());
  const auto seen = reader(images);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) count += shows(seen[i], captions[i]);
  return count;
}

}  // namespace fokker
