#include "fokker/score/objectives/vdm.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr double reach = 16;  // in deviations: beyond |ε| + 9 of them no level has mass

/// Returns x, whose gradient is multiplied by the value of `factor` when it is taken.
Tensor scale_gradient(const Tensor& x, const std::shared_ptr<const Tensor>& factor) {
  if (!factor) return x;
  return record(Op::composite, inputs(x), x.detach(), [factor](const Tensor& dy) { return Gradients{dy * *factor}; });
}

/// Reshapes [B] to [B, 1, …] of x's rank and dtype.
Tensor column(const Tensor& values, const Tensor& x) { return reshape(cast(values, x.dtype()), sample_column(x)); }

TimeSamplingConfig unit_times(const std::string& kind, const ForwardSde& sde) {
  require<ConfigError>(
      kind != "importance" && kind != "log_normal",
      "[vdm] expected train.time_sampling uniform, stratified or antithetic, got {}: the learned noise "
      "schedule itself decides where times are dense",
      kind);
  return {.kind = kind, .t_min = sde.t_min()};
}

}  // namespace

VariationalDiffusion::VariationalDiffusion(const ForwardSde& sde, VdmConfig config)
    : sde_(share(sde)),
      begin_(sde.marginal(0).sigma > 0 ? 0 : sde.t_min()),
      config_(std::move(config)),
      sampler_(unit_times(config_.time_sampling, sde), sde) {
  const std::string& schedule = config_.noise_schedule;
  require<ConfigError>(schedule == "fixed" || schedule == "bound" || schedule == "variance",
                       "[vdm] expected train.noise_schedule fixed, bound or variance, got {}", schedule);
  require<ConfigError>(config_.levels >= 0, "[vdm] expected train.levels >= 0, got {}", config_.levels);
  require<ConfigError>(schedule != "variance" || config_.levels == 0,
                       "[vdm] with train.levels = {} the bound depends on the whole noise schedule: set "
                       "train.noise_schedule = \"bound\", or train.levels = 0",
                       config_.levels);
  if (schedule != "fixed")
    curve_.emplace(-2 * sde_->marginal(begin_).lambda(), -2 * sde_->marginal(sde_->t_max()).lambda());
}

void VariationalDiffusion::visit(const ParameterVisitor& visitor) {
  if (curve_) visitor("noise", *curve_);
}

VariationalDiffusion::Noise VariationalDiffusion::learned(const Tensor& t,
                                                          const std::shared_ptr<const Tensor>& factor) const {
  const NoiseCurve::Points points = (*curve_)(t);
  const Tensor place = scale_gradient(points.place, factor), span = curve_->span();
  const Tensor gamma = curve_->first() + span * place;
  return {.alpha = sqrt(sigmoid(-gamma)),
          .sigma = sqrt(sigmoid(gamma)),
          .gamma = gamma,
          .rate = span * scale_gradient(points.rate, factor),
          .label = place};
}

VariationalDiffusion::Noise VariationalDiffusion::fixed(const Tensor& t) const {
  const double length = sde_->t_max() - begin_;
  std::vector<double> alpha, sigma, gamma, rate, label;
  for (const double unit : t.to_vector()) {
    const double time = std::min(begin_ + unit * length, sde_->t_max());
    const Marginal m = sde_->marginal(time);
    const double g = sde_->diffusion_rate(time) / m.sigma;
    alpha.push_back(m.alpha);
    sigma.push_back(m.sigma);
    gamma.push_back(-2 * m.lambda());
    rate.push_back(g * g * length);  // d log SNR/dt = −g²/σ²
    label.push_back(sde_->label(time));
  }
  const auto tensor = [&](const std::vector<double>& values) { return Tensor::from(values, t.shape(), Dtype::f64); };
  return {tensor(alpha), tensor(sigma), tensor(gamma), tensor(rate), tensor(label)};
}

VariationalDiffusion::Noise VariationalDiffusion::at(const Tensor& t,
                                                     const std::shared_ptr<const Tensor>& factor) const {
  return curve_ ? learned(t, factor) : fixed(t);
}

Tensor VariationalDiffusion::times(const Shard& shard) const {
  std::vector<double> t;
  for (std::int64_t i = shard.first; i < shard.first + shard.rows(); ++i) {
    const double u = sampler_.unit(shard.seed, shard.step, shard.batch, i);
    const auto levels = static_cast<double>(config_.levels);
    t.push_back(config_.levels == 0 ? u : std::min(std::floor(u * levels) + 1, levels) / levels);
  }
  return Tensor::from(t, {shard.rows()}, Dtype::f64);
}

Tensor VariationalDiffusion::prior(const Shard& shard) const {
  const Noise end = at(Tensor::ones({1}, Dtype::f64), nullptr);
  const double deviation = curve_ ? 1 : sde_->prior_sigma();
  const Tensor signal = square(end.alpha / deviation), noise = square(end.sigma / deviation);
  const auto dimension = static_cast<double>(shard.dimension());
  const Tensor squares = cast(sample_mean(square(shard.x0)), Dtype::f64);
  return (squares * signal + noise - 1 - log(noise)) * (0.5 * dimension);
}

Tensor VariationalDiffusion::reconstruction(const Shard& shard) const {
  // The offset of x_0/α = x₀ + (σ/α) ε in deviations is ε itself.
  const Rng rng = Rng(shard.seed, Stream::noise, shard.step).fork(1);
  const auto first = static_cast<std::uint64_t>(shard.first * shard.dimension());
  const Tensor offset = rng.normal(shard.x0.shape(), shard.x0.dtype(), first);
  const Noise begin = at(Tensor::zeros({1}, Dtype::f64), nullptr);
  const Tensor log_deviation = reshape(begin.gamma, {}) * 0.5;
  return cast(decoder_nll(shard.x0, offset, log_deviation, config_.grey, reach), Dtype::f64);
}

BoundTerms VariationalDiffusion::terms(const Network& network, const Shard& shard) const {
  const Tensor &x0 = shard.x0, t = times(shard), epsilon = noise_of(shard);
  const auto factor = config_.noise_schedule == "variance" ? std::make_shared<Tensor>() : nullptr;
  const Noise noise = at(t, factor);
  const Tensor x = x0 * column(noise.alpha, x0) + epsilon * column(noise.sigma, x0);
  const Tensor scale = sqrt(square(noise.alpha * config_.data_sigma) + square(noise.sigma));
  const Tensor input = config_.scale_input ? x / column(scale, x) : x;
  const Tensor predicted = network(input, cast(noise.label * 1000, x.dtype()), shard.pass());
  require<ShapeError>(predicted.shape() == x.shape(), "[vdm] expected the network to return {}, got {}", x.shape(),
                      predicted.shape());
  const Tensor error = cast(sample_mean(square(predicted - epsilon)), Dtype::f64);
  const auto dimension = static_cast<double>(shard.dimension()), levels = static_cast<double>(config_.levels);
  const Tensor weight =
      config_.levels == 0 ? noise.rate * 0.5 : expm1(noise.gamma - at(t - 1 / levels, factor).gamma) * (0.5 * levels);
  const Tensor diffusion = weight * error * dimension;
  // The gradient of ℓ² is that of ℓ times 2ℓ, so one backward pass serves the bound and its variance.
  if (factor) *factor = diffusion.detach() * (2 / (dimension * std::numbers::ln2));
  return {.prior = prior(shard),
          .reconstruction = reconstruction(shard),
          .diffusion = diffusion,
          .label = noise.label.to_vector(),
          .error = error.to_vector()};
}

ShardLoss VariationalDiffusion::loss(const Network& network, const Shard& shard) const {
  BoundTerms bound = terms(network, shard);
  const double bits = 1 / (static_cast<double>(shard.dimension() * shard.batch) * std::numbers::ln2);
  return {.total = sum(bound.prior + bound.reconstruction + bound.diffusion) * bits,
          .label = std::move(bound.label),
          .error = std::move(bound.error)};
}

std::shared_ptr<const ForwardSde> VariationalDiffusion::sde() const { return curve_ ? curve_->sde() : sde_; }

Score VariationalDiffusion::score(std::shared_ptr<const Network> network) const {
  Parameterization p = Prediction::epsilon;
  p.data_sigma = config_.data_sigma;
  p.scale_input = config_.scale_input;
  return network_score(std::move(network), *sde(), p);
}

}  // namespace fokker
