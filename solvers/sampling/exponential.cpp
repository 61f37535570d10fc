#include "fokker/solvers/sampling/exponential.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker::detail {
namespace {

Level level_at(const ForwardSde& sde, double t) {
  const Marginal at = sde.marginal(t);
  return {t, at.alpha, at.lambda(), at.sigma / at.alpha};
}

/// ∫₀¹ e^{−z(1−v)} vᵏ dv: by its series for small z, where the recurrence would cancel.
double exponential_moment(int k, double z) {
  if (std::abs(z) < 2) {
    double term = 1.0 / (k + 1), sum = term;
    for (int n = 1; n < 40; ++n) sum += term *= -z / (k + n + 1);
    return sum;
  }
  double m = -std::expm1(-z) / z;
  for (int j = 1; j <= k; ++j) m = (1 - j * m) / z;
  return m;
}

/// Throws ConfigError unless √r = e^{qλ} and s^{1+q} of the data form are numbers
/// of the samples' dtype, and r is a double.
void check_eta(const Shard& shard, const Passage& passage, double q) {
  const double most = shard.dtype == Dtype::f32 ? 86 : 350;  // bound of the logarithms of both
  const double reach = std::max(std::abs(passage.first().lambda), std::abs(passage.last().lambda));
  require<ConfigError>(
      (1 + q) * reach <= most,
      "[eta] {}: expected at most {:.3g} for {} samples from t = {:g} to {:g}, got {:g}: the noise would "
      "leave the range of the numbers; take a smaller eta{}",
      shard.config.solver, std::sqrt(most / reach - 1), to_string(shard.dtype), passage.first().t, passage.last().t,
      std::sqrt(q), shard.dtype == Dtype::f32 ? ", or samples of f64" : "");
}

}  // namespace

Passage::Passage(const Shard& shard) : shard_(shard) {
  require<ConfigError>(shard.config.clock == "t",
                       "[clock] {} steps in log-SNR by itself and has no clock: leave it out, got \"{}\"",
                       shard.config.solver, *shard.config.clock);
  for (const double t : shard.grid) levels_.push_back(level_at(shard.sde, t));
}

Level Passage::at_lambda(double lambda) const { return level_at(shard_.sde, shard_.sde.time_of_lambda(lambda)); }

Level Passage::between(const Level& a, const Level& b, double fraction) const {
  return at_lambda(a.lambda + fraction * (b.lambda - a.lambda));
}

Tensor Passage::denoised(const Tensor& y, const Level& at) const {
  return weighted_sum({{1, y}, {at.s * at.s * at.alpha, shard_.score(y * at.alpha, at.t)}});
}

Tensor Passage::enter(const Tensor& x) const { return x * (1 / first().alpha); }
Tensor Passage::leave(const Tensor& y) const { return y * last().alpha; }

void Passage::arrive(std::int64_t step, const Tensor& y) const {
  if (shard_.observe) shard_.observe(step + 1, y * level(step + 1).alpha);
  shard_.tick(step);
}

double Kernel::moment(int k) const { return factor * exponential_moment(k, z); }

std::vector<double> Kernel::weights(std::span<const double> places) const {
  std::vector<double> all;
  for (std::size_t j = 0; j < places.size(); ++j) {
    std::vector<double> basis = {1};  // coefficients of Lagrange's polynomial of place j
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i == j) continue;
      const double scale = 1 / (places[j] - places[i]);
      basis.push_back(0);
      for (std::size_t k = basis.size(); k-- > 0;)
        basis[k] = scale * ((k > 0 ? basis[k - 1] : 0) - places[i] * basis[k]);
    }
    double weight = 0;
    for (std::size_t k = 0; k < basis.size(); ++k) weight += basis[k] * moment(static_cast<int>(k));
    all.push_back(weight);
  }
  return all;
}

ExponentialForm::ExponentialForm(const Shard& shard, const Passage& passage, Prediction prediction, double eta)
    : passage_(passage), prediction_(prediction), q_(eta * eta) {
  if (q_ == 0) return;
  if (prediction == Prediction::data) check_eta(shard, passage, q_);
  brownian_ = brownian(shard, reading(passage.first()), reading(passage.last()), BrownianPath::Split::geometric);
}

double ExponentialForm::reading(const Level& at) const {
  return prediction_ == Prediction::data ? std::exp(2 * q_ * at.lambda) : at.s * at.s;
}

Kernel ExponentialForm::kernel(const Level& a, const Level& b) const {
  const double h = b.lambda - a.lambda, p = 1 + q_;
  if (prediction_ == Prediction::data) return {std::exp(-p * h), p * h, p * h};
  return {1, -p * b.s * h, -h};
}

Tensor ExponentialForm::noise(std::int64_t interval, const Level& a, const Level& b) const {
  if (q_ == 0) return {};
  const double scale = prediction_ == Prediction::data ? std::pow(b.s, 1 + q_) : std::sqrt(q_);
  return brownian_->increment(interval, reading(a), reading(b), 0).w * scale;
}

Tensor ExponentialForm::predict(const Tensor& y, const Level& at) const {
  const Tensor data = passage_.denoised(y, at);
  if (prediction_ == Prediction::data) return data;
  return weighted_sum({{1 / at.s, y}, {-1 / at.s, data}});
}

Tensor with_noise(double weight, const Tensor& x, const Tensor& noise) {
  return noise.defined() ? weighted_sum({{weight, x}, {1, noise}}) : x * weight;
}

}  // namespace fokker::detail
