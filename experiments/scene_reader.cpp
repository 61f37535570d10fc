#include "fokker/experiments/scene_reader.h"

#include <algorithm>

#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/norm.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/core/parallel.h"
#include "fokker/experiments/batch.h"

namespace fokker {
namespace {

constexpr std::int64_t edge = 16, features = 256, block_rows = 128, lanes = 4;
constexpr double middle_grey = 8, drop = 0.3;

/// The logits of one question lie side by side: layout, first digit, second digit, style.
constexpr std::array<std::int64_t, 4> choices = {Scene::layouts, Scene::digits, Scene::digits,
                                                 std::ssize(Scene::styles)};
constexpr std::int64_t logit_count = choices[0] + choices[1] + choices[2] + choices[3];

std::array<std::int64_t, 4> answers(const Scene& scene) {
  return {scene.layout, scene.first, scene.second, scene.style};
}

/// [B, all logits] → those of each question.
std::vector<Tensor> by_question(const Tensor& logits) {
  std::vector<Tensor> result;
  std::int64_t first = 0;
  for (const auto count : choices) {
    result.push_back(slice(logits, 1, first, first + count));
    first += count;
  }
  return result;
}

/// Σ over samples and questions of the cross entropy; a single digit is asked for no second one.
Tensor cross_entropy(const Tensor& logits, std::span<const Scene> shown) {
  const std::int64_t n = std::ssize(shown);
  const auto questions = by_question(logits);
  Tensor total = Tensor::scalar(0);
  for (std::size_t q = 0; q < questions.size(); ++q) {
    Tensor right = Tensor::zeros({n, choices[q]}), asked = Tensor::ones({n});
    for (std::int64_t i = 0; i < n; ++i) {
      const Scene& scene = shown[static_cast<std::size_t>(i)];
      right.data<float>()[i * choices[q] + answers(scene)[q]] = 1;
      if (q == 2 && !scene.pair()) asked.data<float>()[i] = 0;
    }
    total = total + sum((logsumexp(questions[q]) - sum(questions[q] * right, {-1})) * asked);
  }
  return total;
}

/// Scenes that are not held out.
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

}  // namespace

struct SceneReader::Layers final : Module {
  std::vector<Conv2d> convolutions;
  std::vector<GroupNorm> norms;
  Linear hidden, last;
  Dropout dropout;

  explicit Layers(std::uint64_t seed) : dropout{drop, seed} {
    const Rng rng(seed, Stream::initialisation);
    constexpr std::int64_t channels[] = {1, 32, 64, 64, 128};
    constexpr int strides[] = {1, 2, 1, 2};
    for (std::size_t i = 0; i < std::size(strides); ++i) {
      convolutions.emplace_back(channels[i], channels[i + 1], 3, rng.fork(i), strides[i]);
      norms.emplace_back(channels[i + 1], 8, Activation::silu);
    }
    hidden = Linear(edge * edge / 16 * channels[4], features, rng.fork(10));
    last = Linear(features, logit_count, rng.fork(11));
  }

  std::unique_ptr<Module> clone() const override { return std::make_unique<Layers>(*this); }
  void visit(const ParameterVisitor& visitor) override {
    visitor("convolutions", convolutions);
    visitor("norms", norms);
    visitor("hidden", hidden);
    visitor("last", last);
  }

  /// x [B, 16, 16, 1] in grey levels → [B, all logits]
  Tensor operator()(const Tensor& x, const Pass& pass) const {
    Tensor h = (x - middle_grey) * (1 / middle_grey);
    for (std::size_t i = 0; i < convolutions.size(); ++i) h = norms[i](convolutions[i](h));
    return last(dropout(silu(hidden(reshape(h, {h.extent(0), h.size() / h.extent(0)}))), pass));
  }

  void train(const SceneReaderConfig& config);
};

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
          grad(cross_entropy(network(gather(scenes.data.x, own), pass), shown), leaves[static_cast<std::size_t>(lane)]);
    });
    sum_lanes(gradients);
    adam.step(gradients[0], config.learning_rate * schedule_factor(schedule, step),
              1 / static_cast<double>(config.batch));
  }
}

SceneReader::SceneReader(const SceneReaderConfig& config) : layers_(std::make_unique<Layers>(config.seed)) {
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
  parallel((n + block_rows - 1) / block_rows, [&](std::int64_t block) {
    const NoGrad no_grad;
    const std::int64_t begin = block * block_rows, end = std::min(n, begin + block_rows);
    std::array<std::vector<double>, choices.size()> read;
    const auto questions = by_question((*layers_)(x.rows(begin, end), {}));
    for (std::size_t q = 0; q < questions.size(); ++q) read[q] = argmax(questions[q]).to_vector();
    for (std::int64_t row = begin; row < end; ++row) {
      const auto answer = [&](std::size_t q) {
        return static_cast<std::int64_t>(read[q][static_cast<std::size_t>(row - begin)]);
      };
      Scene& scene = seen[static_cast<std::size_t>(row)];
      scene = {.layout = answer(0), .first = answer(1), .second = 0, .style = answer(3)};
      if (scene.pair()) scene.second = answer(2);
    }
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
