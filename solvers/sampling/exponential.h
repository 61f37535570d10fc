#pragma once

#include <memory>
#include <span>
#include <vector>

#include "fokker/solvers/noise/noise.h"
#include "fokker/solvers/sampling/trajectory.h"

namespace fokker::detail {

/// A noise level on the way from prior to data, as the solvers made for diffusions see it.
/// In y = x/α, the noise is s = σ/α = e^{−λ}.
struct Level {
  double t, alpha, lambda, s;
};

/// The levels of a shard's grid, with the denoiser at any level and the maps between x and y.
class Passage {
 public:
  explicit Passage(const Shard& shard);
  std::int64_t steps() const { return static_cast<std::int64_t>(levels_.size()) - 1; }
  const Level& level(std::int64_t point) const { return levels_[static_cast<std::size_t>(point)]; }
  const Level& first() const { return levels_.front(); }
  const Level& last() const { return levels_.back(); }
  Level at_lambda(double lambda) const;
  /// Returns the level that divides the step from a to b in λ.
  Level between(const Level& a, const Level& b, double fraction) const;
  /// Returns D(x, t) = (x + σ² s(x, t))/α, of y's shape; one evaluation of the score.
  Tensor denoised(const Tensor& y, const Level& at) const;
  Tensor enter(const Tensor& x) const;
  Tensor leave(const Tensor& y) const;
  /// Reports y at the end of a step to the shard.
  void arrive(std::int64_t step, const Tensor& y) const;

 private:
  const Shard& shard_;
  std::vector<Level> levels_;
};

/// The function that an exponential integrator takes for a polynomial in λ: the denoiser D, or the noise ε = (y − D)/s.
enum class Prediction : std::uint8_t { data, noise };

/// The coefficients of a step of length h:  y⁺ = decay·y + Σₖ moment(k) Vₖ,  where
/// the prediction is Σₖ Vₖ (u/h)ᵏ, 0 ≤ u ≤ h.
struct Kernel {
  double decay, factor, z;
  double moment(int k) const;
  /// Returns the weights in y⁺ of the prediction's values at `places` u/h, for the polynomial through these values.
  std::vector<double> weights(std::span<const double> places) const;
};

/// The reverse SDE of η in λ,  dy = (1 + η²)(D − y) dλ + √2 η s dB.  The linear part is solved exactly in the form of
/// either prediction, with p = 1 + η²:
///   data:   y⁺ = e^{−ph} y + p ∫ e^{−p(h−u)} D du + N,  N = s₊^p (B(r₊) − B(r)),  r = e^{2η²λ};
///   noise:  y⁺ = y − p ∫ s ε du + N,                    N = η (B(s₊²) − B(s²)).
/// The noise of any step comes from one Brownian path in a clock of its own.  Throws ConfigError for an η whose powers
/// of s in the data form overflow.
class ExponentialForm {
 public:
  ExponentialForm(const Shard& shard, const Passage& passage, Prediction prediction, double eta);
  Kernel kernel(const Level& a, const Level& b) const;
  /// Returns N of the interval from a to b, the one of number `interval` in the shard's sequence; undefined for η = 0.
  Tensor noise(std::int64_t interval, const Level& a, const Level& b) const;
  /// Returns the prediction at y; one evaluation of the score.
  Tensor predict(const Tensor& y, const Level& at) const;

 private:
  double reading(const Level& at) const;

  const Passage& passage_;
  Prediction prediction_;
  double q_;  // η²
  std::shared_ptr<const BrownianMotion> brownian_;
};

/// Returns weight·x + noise, or weight·x where the noise is undefined.
Tensor with_noise(double weight, const Tensor& x, const Tensor& noise);

}  // namespace fokker::detail
