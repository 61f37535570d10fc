#include "fokker/solvers/posterior/posterior.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/solvers/steppers/gmres.h"

namespace fokker {
namespace {

/// v of pigdm: the variance of x₀ given x_t for data N(μ, C I).
double conditional_variance(Marginal at, double data_sigma) {
  const double c = data_sigma * data_sigma, s = at.sigma * at.sigma;
  return s * c / (at.alpha * at.alpha * c + s);
}

/// c, bounded so that σ²/α c has at most config.limit deviations of the data.
Tensor bounded(const Tensor& c, Marginal at, const PosteriorConfig& config) {
  const double most = config.limit * config.data_sigma * std::sqrt(static_cast<double>(row_size(c)));
  std::vector<double> factors = detail::row_norms(flat_rows(c));
  for (double& norm : factors) norm = std::min(1.0, most * at.alpha / (at.sigma * at.sigma * norm));
  return reshape(detail::scale_rows(flat_rows(c), factors), c.shape());
}

/// Everything that a method sees.
struct Moment {
  const Score& prior;
  const detail::Noised& noised;
  const Measurement& measured;  // y of these rows
  const PosteriorConfig& config;
};

Tensor replacement(const Moment& m) {
  const LinearOperator& a = *m.measured.op;
  const auto& [x, t, at] = m.noised;
  const double kept = at.alpha * m.measured.noise;
  const Tensor score = m.prior(x, t);
  const Tensor bridge =
      a.solve(weighted_sum({{at.alpha, m.measured.y}, {-1, a.apply(x)}}), at.sigma * at.sigma, kept * kept);
  const Tensor seen = a.solve(a.apply(score), 1, 0);
  return score + a.adjoint(bridge - seen);
}

Tensor dps(const Moment& m) {
  const LinearOperator& a = *m.measured.op;
  const detail::TracedDenoiser denoiser(m.prior, m.noised);
  const Tensor residual = m.measured.y - a.apply(denoiser.data());
  const double size = std::hypot(m.noised.at.sigma, m.noised.at.alpha * m.measured.noise);
  const double factor =
      m.config.strength * std::sqrt(static_cast<double>(a.output().size())) * m.noised.at.alpha / size;
  std::vector<double> factors = detail::row_norms(flat_rows(residual));
  for (double& norm : factors) norm = norm > 0 ? factor / norm : 0;
  const Tensor pulled = denoiser.pull(a.adjoint(residual));
  return denoiser.score() + reshape(detail::scale_rows(flat_rows(pulled), factors), m.noised.x.shape());
}

Tensor pigdm(const Moment& m) {
  const detail::Twist at = detail::twist(m.prior, m.noised, m.measured, m.config);
  return weighted_sum({{1, at.score}, {m.config.strength, at.gradient}});
}

Tensor mmps(const Moment& m) {
  const LinearOperator& a = *m.measured.op;
  const detail::TracedDenoiser denoiser(m.prior, m.noised);
  const Tensor residual = m.measured.y - a.apply(denoiser.data());
  const double scale = m.noised.at.sigma * m.noised.at.sigma / m.noised.at.alpha,
               noise = m.measured.noise * m.measured.noise;
  const auto covariance = [&](const Tensor& v) {
    const Tensor rows = reshape(v, residual.shape());
    const Tensor seen = a.apply(denoiser.pull(a.adjoint(rows)));
    return flat_rows(weighted_sum({{scale, seen}, {noise, rows}}));
  };
  const Tensor solved = reshape(detail::gmres(covariance, flat_rows(residual), m.config.tolerance), residual.shape());
  const Tensor c = bounded(denoiser.pull(a.adjoint(solved)), m.noised.at, m.config);
  return weighted_sum({{1, denoiser.score()}, {m.config.strength, c}});
}

using Method = Tensor (*)(const Moment& moment);

Method method_of(const std::string& name) {
  if (name == "replacement") return replacement;
  if (name == "dps") return dps;
  if (name == "mmps") return mmps;
  require<ConfigError>(name == "pigdm", "[posterior] expected a method of replacement, dps, pigdm, mmps, got \"{}\"",
                       name);
  return pigdm;
}

}  // namespace

namespace detail {

void check(const Measurement& measured) {
  require<ConfigError>(measured.op && measured.y.defined() && measured.noise >= 0,
                       "[posterior] expected an operator, measurements and noise >= 0");
  const Shape& y = measured.y.shape();
  require<ShapeError>(y.rank() > 0 && without_axis(y, 0) == measured.op->output(),
                      "[posterior] expected measurements [n] + {} of the operator, got {}", measured.op->output(), y);
}

Score measured_rows(const Tensor& y) {
  return Score::by_rows([y](std::span<const std::int64_t> samples) -> Score {
    for (const std::int64_t sample : samples)
      require<ShapeError>(sample < y.extent(0),
                          "[posterior] expected a measurement for each of at least {} samples, got {}", sample + 1,
                          y.extent(0));
    return [rows = gather(y, samples)](const Tensor& x, double) { return cast(rows, x.dtype()); };
  });
}

TracedDenoiser::TracedDenoiser(const Score& score, const Noised& noised) : x_(noised.x.leaf()) {
  const Recording on(true);
  score_ = score(x_, noised.t);
  require<ConfigError>(score_.tracked(),
                       "[posterior] expected a score written in ops, which can be differentiated; take the method "
                       "replacement for this one");
  const Marginal at = noised.at;
  data_ = weighted_sum({{1 / at.alpha, x_}, {at.sigma * at.sigma / at.alpha, score_}});
}

Tensor TracedDenoiser::pull(const Tensor& v) const {
  const Recording on(true);
  return grad(sum(data_ * v), x_).detach();
}

Twist twist(const Score& prior, const Noised& noised, const Measurement& measured, const PosteriorConfig& config) {
  const LinearOperator& a = *measured.op;
  const TracedDenoiser denoiser(prior, noised);
  const Tensor residual = measured.y - a.apply(denoiser.data());
  const double variance = conditional_variance(noised.at, config.data_sigma);
  const Tensor solved = a.solve(residual, variance, measured.noise * measured.noise);
  const Tensor gradient = bounded(denoiser.pull(a.adjoint(solved)), noised.at, config);
  Twist result{denoiser.score(), denoiser.data(), gradient, {}};
  result.log_density = sum(flat_rows(cast(residual * solved, Dtype::f64)), {1}).to_vector();
  for (double& value : result.log_density) value *= -0.5;
  return result;
}

}  // namespace detail

Score posterior_score(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                      const PosteriorConfig& config) {
  detail::check(measured);
  const Method method = method_of(config.method);
  return Score::of({&prior, 1},
                   [=, kept = share(sde), rows = detail::measured_rows(measured.y)](const Tensor& x, double t) {
                     const NoGrad off_tape;
                     const Measurement own{measured.op, rows(x, t), measured.noise};
                     return method({prior, {x, t, kept->marginal(t)}, own, config});
                   });
}

}  // namespace fokker
