#include "fokker/core/nn/embedding.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// cos and sin, or sin and cos, of time ⊗ frequencies: [B] and [n] → [B, 2n].
Tensor waves(const Tensor& time, const Tensor& frequencies, bool cosine_first) {
  require<ShapeError>(time.rank() == 1, "[embedding] expected times [B], got {}", time.shape());
  const Tensor phase = reshape(time, {time.extent(0), 1}) * frequencies;
  return cosine_first ? concat({cos(phase), sin(phase)}, 1) : concat({sin(phase), cos(phase)}, 1);
}

}  // namespace

Tensor sinusoidal_embedding(const Tensor& time, std::int64_t dimension, const Sinusoids& sinusoids) {
  require<ConfigError>(dimension >= 2 && dimension % 2 == 0,
                       "[sinusoidal_embedding] expected an even dimension, got {}", dimension);
  std::vector<double> frequencies;
  const double steps = static_cast<double>(dimension / 2) - sinusoids.shift;
  require<ConfigError>(steps > 0, "[sinusoidal_embedding] expected a shift below {}, got {}", dimension / 2,
                       sinusoids.shift);
  for (std::int64_t i = 0; i < dimension / 2; ++i)
    frequencies.push_back(std::exp(-std::log(sinusoids.max_period) * static_cast<double>(i) / steps));
  return waves(time, Tensor::from(frequencies, {dimension / 2}, time.dtype()), sinusoids.cosine_first);
}

FourierEmbedding::FourierEmbedding(std::int64_t dimension, double scale, const Rng& rng)
    : weight(rng.with(Stream::initialisation).normal({dimension / 2}) * scale) {
  require<ConfigError>(dimension >= 2 && dimension % 2 == 0, "[fourier_embedding] expected an even dimension, got {}",
                       dimension);
}

Tensor FourierEmbedding::operator()(const Tensor& time) const {
  return waves(time, weight * (2 * std::numbers::pi), false);
}

void FourierEmbedding::visit(const ParameterVisitor& visitor) { visitor.fixed("weight", weight); }

ClassEmbedding::ClassEmbedding(std::int64_t classes, std::int64_t dimension, double dropout, const Rng& rng)
    : weight(rng.with(Stream::initialisation).normal({classes + (dropout > 0 ? 1 : 0), dimension}) * 0.02),
      classes(classes),
      dropout(dropout) {}

std::vector<std::int64_t> ClassEmbedding::labels(std::int64_t batch, const Pass& pass) const {
  const std::vector<std::int64_t>& given = pass.condition.labels;
  require<ConfigError>(!given.empty() || dropout > 0,
                       "[class_embedding] expected a label for each sample: the network has {} classes and, without "
                       "label_dropout, no null label",
                       classes);
  if (given.empty()) return std::vector<std::int64_t>(static_cast<std::size_t>(batch), classes);
  require<ShapeError>(std::ssize(given) == batch, "[class_embedding] expected {} labels, one a sample, got {}", batch,
                      given.size());
  for (std::int64_t label : given)
    require<ShapeError>(label >= 0 && label < weight.extent(0), "[class_embedding] expected labels below {}, got {}",
                        weight.extent(0), label);
  std::vector<std::int64_t> result = given;
  if (!pass.training || dropout == 0) return result;
  const Tensor u =
      pass.rng.with(Stream::label).uniform({batch}, Dtype::f64, static_cast<std::uint64_t>(pass.first_sample));
  for (std::int64_t i = 0; i < batch; ++i)
    if (u.at(i) < dropout) result[static_cast<std::size_t>(i)] = classes;
  return result;
}

Tensor ClassEmbedding::add_to(const Tensor& embedding, const Pass& pass) const {
  if (weight.defined()) return embedding + gather(weight, labels(embedding.extent(0), pass));
  require<ConfigError>(pass.condition.labels.empty(),
                       "[class_embedding] the network takes no labels: give it network.classes");
  return embedding;
}

void ClassEmbedding::visit(const ParameterVisitor& visitor) { visitor("weight", weight); }

TimeEmbedding::TimeEmbedding(std::int64_t in, std::int64_t out, const Rng& rng)
    : linear_1(in, out, rng.fork(0)), linear_2(out, out, rng.fork(1)) {}

Tensor TimeEmbedding::operator()(const Tensor& embedding) const { return linear_2(silu(linear_1(embedding))); }

void TimeEmbedding::visit(const ParameterVisitor& visitor) {
  visitor("linear_1", linear_1);
  visitor("linear_2", linear_2);
}

}  // namespace fokker
