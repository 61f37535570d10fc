#include "fokker/core/nn/embedding.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// cos and sin of time ⊗ frequencies: [B] and [n] → [B, 2n].
Tensor waves(const Tensor& time, const Tensor& frequencies) {
  require<ShapeError>(time.rank() == 1, "[embedding] expected times [B], got {}", time.shape());
  const Tensor phase = reshape(time, {time.extent(0), 1}) * frequencies;
  return concat({cos(phase), sin(phase)}, 1);
}

}  // namespace

Tensor sinusoidal_embedding(const Tensor& time, std::int64_t dimension, double max_period) {
  require<ConfigError>(dimension >= 2 && dimension % 2 == 0,
                       "[sinusoidal_embedding] expected an even dimension, got {}", dimension);
  std::vector<double> frequencies;
  const double half = static_cast<double>(dimension / 2);
  for (std::int64_t i = 0; i < dimension / 2; ++i)
    frequencies.push_back(std::exp(-std::log(max_period) * static_cast<double>(i) / half));
  return waves(time, Tensor::from(frequencies, {dimension / 2}, time.dtype()));
}

FourierEmbedding::FourierEmbedding(std::int64_t dimension, double scale, const Rng& rng)
    : frequencies(rng.with(Stream::initialisation).normal({dimension / 2}) * scale) {
  require<ConfigError>(dimension >= 2 && dimension % 2 == 0, "[fourier_embedding] expected an even dimension, got {}",
                       dimension);
}

Tensor FourierEmbedding::operator()(const Tensor& time) const {
  return waves(time, frequencies * (2 * std::numbers::pi));
}

void FourierEmbedding::visit(const ParameterVisitor& visitor) { visitor.fixed("frequencies", frequencies); }

TimeEmbedding::TimeEmbedding(std::int64_t in, std::int64_t out, const Rng& rng)
    : linear_1(in, out, rng.fork(0)), linear_2(out, out, rng.fork(1)) {}

Tensor TimeEmbedding::operator()(const Tensor& embedding) const { return linear_2(silu(linear_1(embedding))); }

void TimeEmbedding::visit(const ParameterVisitor& visitor) {
  visitor("linear_1", linear_1);
  visitor("linear_2", linear_2);
}

}  // namespace fokker
