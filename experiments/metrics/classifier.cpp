#include "fokker/experiments/metrics/classifier.h"

#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/nn/linear.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/experiments/data/batch.h"

namespace fokker {
namespace {

constexpr std::int64_t block_rows = 256;

}  // namespace

/// The network with the common mean and deviation of its training data, so that units do not matter.
struct FeatureClassifier::Layers final : Module {
  Linear first, second, last;
  double mean = 0, deviation = 1;

  Layers(std::int64_t inputs, std::int64_t classes, const ClassifierConfig& config)
      : first(inputs, config.hidden, Rng(config.seed, Stream::initialisation).fork(0)),
        second(config.hidden, config.features, Rng(config.seed, Stream::initialisation).fork(1)),
        last(config.features, classes, Rng(config.seed, Stream::initialisation).fork(2)) {}

  std::unique_ptr<Module> clone() const override { return std::make_unique<Layers>(*this); }
  void visit(const ParameterVisitor& visitor) override {
    visitor("first", first);
    visitor("second", second);
    visitor("last", last);
  }
  /// Maps x [B, D] to [B, features].
  Tensor features(const Tensor& x) const { return relu(second(relu(first((x - mean) * (1 / deviation))))); }

  void standardise(const Tensor& x) {
    double sum = 0, squares = 0;
    for (const float v : x.data<float>()) sum += v, squares += static_cast<double>(v) * v;
    mean = sum / static_cast<double>(x.size());
    const double variance = squares / static_cast<double>(x.size()) - mean * mean;
    deviation = variance > 0 ? std::sqrt(variance) : 1;
  }
};

FeatureClassifier::FeatureClassifier(const Dataset& training, const ClassifierConfig& config) {
  require<ConfigError>(training.classes() >= 2,
                       "[classifier] expected labels of at least two classes in \"{}\", got {}", training.name,
                       training.classes());
  require<ConfigError>(config.steps >= 1 && config.batch >= 1 && config.hidden >= 1 && config.features >= 1,
                       "[classifier] expected positive steps, batch, hidden and features, got {}, {}, {}, {}",
                       config.steps, config.batch, config.hidden, config.features);
  const std::int64_t n = training.size(), width = training.x.size() / n, classes = training.classes();
  layers_ = std::make_unique<Layers>(width, classes, config);
  layers_->standardise(training.x);
  const Tensor x = training.x.view({n, width});
  const auto replica = layers_->replica();  // shares its memory, on the tape
  const auto& network = static_cast<const Layers&>(*replica);
  std::vector<Tensor> leaves;
  for (const auto& parameter : replica->trainable_parameters()) leaves.push_back(*parameter.tensor);
  Adam adam(layers_->trainable_parameters(), {.weight_decay = 1e-2});
  BatchOrder order(config.seed, n, config.batch);
  const ScheduleConfig schedule{.kind = "cosine", .total = config.steps};
  std::vector<std::int64_t> labels(static_cast<std::size_t>(config.batch));
  for (int step = 0; step < config.steps; ++step) {
    const auto rows = order.indices(step);
    for (std::size_t i = 0; i < rows.size(); ++i) labels[i] = training.labels[rows[i]];
    const Tensor logits = network.last(network.features(gather(x, rows)));
    const Tensor loss = mean(cross_entropy(logits, labels));
    adam.step(grad(loss, leaves), config.learning_rate * schedule_factor(schedule, step));
  }
}

FeatureClassifier::~FeatureClassifier() = default;

Tensor FeatureClassifier::features(const Tensor& x) const {
  const std::int64_t n = x.extent(0), width = n > 0 ? x.size() / n : 0;
  require<ShapeError>(n > 0 && width == layers_->first.weight.extent(1),
                      "[classifier] expected [N, …] of {} values a sample, got {}", layers_->first.weight.extent(1),
                      to_string(x.shape()));
  const Tensor rows = cast(x.detach(), Dtype::f32).view({n, width});
  const std::int64_t columns = layers_->second.weight.extent(0);
  Tensor result = Tensor::empty({n, columns});
  auto out = result.data<float>();
  for_shards(n, block_rows, [&](const RowRange& range) {
    const NoGrad no_grad;
    const Tensor part = layers_->features(rows.rows(range.first, range.first + range.count));
    std::ranges::copy(part.data<float>(), out.begin() + range.first * columns);
  });
  return result;
}

std::vector<std::int64_t> FeatureClassifier::classify(const Tensor& x) const {
  const NoGrad no_grad;
  const auto largest = argmax(layers_->last(features(x))).to_vector();
  return {largest.begin(), largest.end()};
}

double FeatureClassifier::accuracy(const Dataset& data) const {
  require<ShapeError>(data.size() > 0 && std::ssize(data.labels) == data.size(),
                      "[classifier] expected labelled samples, got {} samples with {} labels", data.size(),
                      data.labels.size());
  const std::vector<std::int64_t> named = classify(data.x);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < named.size(); ++i) right += named[i] == data.labels[i];
  return static_cast<double>(right) / static_cast<double>(named.size());
}

}  // namespace fokker
