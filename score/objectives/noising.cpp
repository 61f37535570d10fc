#include "fokker/score/objectives/noising.h"

#include <algorithm>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {

Pass Shard::pass() const {
  return {.training = training, .rng = Rng(seed, Stream::dropout, step), .first_sample = first, .condition = condition};
}

Shape sample_column(const Tensor& x) {
  Shape shape = x.shape();
  for (int i = 1; i < x.rank(); ++i) shape = with_extent(shape, i, 1);
  return shape;
}

Tensor per_sample(const std::vector<double>& values, const Tensor& x) {
  return Tensor::from(values, sample_column(x), x.dtype());
}

Tensor sample_mean(const Tensor& x) { return mean(flat_rows(x), {1}); }
Tensor sample_sum(const Tensor& x) { return sum(flat_rows(x), {1}); }

Tensor noise_of(const Shard& shard) {
  const Rng rng(shard.seed, Stream::noise, shard.step);
  const Tensor& x0 = shard.x0;
  const auto dimension = static_cast<std::uint64_t>(shard.dimension());
  if (shard.noise_rows.empty())
    return rng.normal(x0.shape(), x0.dtype(), static_cast<std::uint64_t>(shard.first) * dimension);
  std::vector<Tensor> rows;
  const Shape one = with_extent(x0.shape(), 0, 1);
  for (std::int64_t row : shard.noise_rows)
    rows.push_back(rng.normal(one, x0.dtype(), static_cast<std::uint64_t>(row) * dimension));
  return concat(rows, 0);
}

Noised add_noise(const Shard& shard, const ForwardSde& sde, const TimeSampler& times, double data_sigma) {
  return add_noise(shard, sde, times.draw(shard.seed, shard.step, shard.batch, shard.first, shard.rows()), data_sigma);
}

Noised add_noise(const Shard& shard, const ForwardSde& sde, TimeDraw draw, double data_sigma) {
  Noised noised{.t = std::move(draw.t), .weight = std::move(draw.inverse_density), .level = {}, .epsilon = {}, .x = {}};
  std::vector<double> alpha, sigma;
  for (double t : noised.t) {
    noised.level.push_back(level(sde, t, data_sigma));
    alpha.push_back(noised.level.back().alpha);
    sigma.push_back(noised.level.back().sigma);
  }
  noised.epsilon = noise_of(shard);
  noised.x = shard.x0 * per_sample(alpha, shard.x0) + noised.epsilon * per_sample(sigma, shard.x0);
  return noised;
}

Tensor target(Prediction what, const Noised& noised, const Tensor& x0) {
  if (what == Prediction::epsilon) return noised.epsilon;
  if (what == Prediction::x0) return x0;
  std::vector<double> data, noise;
  for (const Level& at : noised.level) {
    const Combination c = combination(what, at);
    data.push_back(c.data);
    noise.push_back(c.noise);
  }
  return x0 * per_sample(data, x0) + noised.epsilon * per_sample(noise, x0);
}

Tensor predict(const Network& network, const Parameterization& p, const ForwardSde& sde, const Noised& noised,
               const Shard& shard, std::int64_t channel_factor) {
  const Tensor& x = noised.x;
  std::vector<double> label, scale;
  for (std::size_t i = 0; i < noised.t.size(); ++i) {
    label.push_back(time_label(sde, noised.t[i], p.time_label));
    scale.push_back(p.scale_input ? input_scale(noised.level[i], p.data_sigma) : 1);
  }
  const Tensor input = p.scale_input ? x * per_sample(scale, x) : x;
  const Tensor predicted = network(input, Tensor::from(label, {x.extent(0)}, x.dtype()), shard.pass());
  const int last = x.rank() - 1;
  const Shape expected = with_extent(x.shape(), last, channel_factor * x.extent(last));
  require<ShapeError>(predicted.shape() == expected,
                      "[train] expected the network to return {}, got {}; set network.out_channels = {}", expected,
                      predicted.shape(), channel_factor * x.extent(last));
  return predicted;
}

}  // namespace fokker
