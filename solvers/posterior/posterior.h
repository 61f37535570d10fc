#pragma once

#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/linear_operator.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// A measurement y = A x₀ + s ε.
struct Measurement {
  Operator op;
  Tensor y;          // [n, …]
  double noise = 0;  // s
};

/// How a measurement enters the score:  s(x, t) + c(x, t),  where c stands for ∇ log p(y | x_t).  With the denoiser D,
/// its Jacobian J = ∂D/∂x, r = y − A D(x, t) and M measured numbers, the methods are:
///   replacement  the score of q(A x_t | y) on the range of Aᵀ, and s on the rest [song2021; song2022];
///   dps          c = ζ √M α (σ² + α² s²)^{−½} Jᵀ Aᵀ r/‖r‖, with the norm of each sample by itself [chung2023];
///   pigdm        c = ζ Jᵀ Aᵀ (v A Aᵀ + s² I)⁻¹ r,  v = σ² C/(α² C + σ²) [song2023];
///   mmps         c of pigdm with the covariance σ²/α J in place of v I [rozet2024].
/// With replacement, the known part of a mask follows its own bridge at the noise of t.  The rest sees
/// no more of the known part than x_t tells.  The factor of dps, which replaces a length by steps,
/// gives c the size of a likelihood's score.
/// pigdm is exact for data N(μ, C I) and ζ = 1, mmps for all Gaussian data.  For other data no method is exact, but
/// `sample_twisted` is in the limit of many particles.
/// In pigdm, mmps and twisted, c moves the denoised sample by σ²/α c.  The root mean square of this move over the
/// sample's elements is at most `limit` deviations of the data.  Without a bound the errors of a network's D and J,
/// which grow as 1/α at high noise, would amplify themselves.
struct PosteriorConfig {
  std::string method = "pigdm";
  double strength = 1;
  double data_sigma = 1;
  double tolerance = 0.01;
  double limit = 2;

  static constexpr auto fields = std::tuple{
      field("method", &PosteriorConfig::method, "method by which a measurement enters the score",
            one_of("replacement", "dps", "pigdm", "mmps")),
      field("strength", &PosteriorConfig::strength, "strength zeta of dps, pigdm and mmps", at_least(0)),
      field("data_sigma", &PosteriorConfig::data_sigma, "standard deviation of the data, for the variance of pigdm",
            above(0)),
      field("tolerance", &PosteriorConfig::tolerance, "relative tolerance of the linear equations of mmps", above(0),
            below(1)),
      field("limit", &PosteriorConfig::limit,
            "largest distance that a measurement moves a denoised sample, in deviations of the data", above(0))};
};

/// Returns the score under a measurement, for any linear operator and any solver.  Throws ShapeError where
/// the operator does not fit the measurements.  Throws ConfigError for a score that cannot be
/// differentiated, unless the method is replacement.
Score posterior_score(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                      const PosteriorConfig& config = {});

namespace detail {

/// Throws ShapeError unless the measurements fit the operator.
void check(const Measurement& measured);

/// Returns the measurements of a shard's rows, as a score that is constant.
Score measured_rows(const Tensor& y);

/// A state x [B, ...] at time t, with the noise level of t.
struct Noised {
  const Tensor& x;
  double t;
  Marginal at;
};

/// The denoiser D(x, t) on the tape, with the products of its Jacobian.
class TracedDenoiser {
 public:
  TracedDenoiser(const Score& score, const Noised& noised);
  Tensor score() const { return score_.detach(); }
  Tensor data() const { return data_.detach(); }
  /// Returns Jᵀ v, of x's shape.
  Tensor pull(const Tensor& v) const;

 private:
  Tensor x_, score_, data_;
};

/// The twisting function and its gradient, bounded as c is.  With pigdm's v, and up to what is common to all x,
///   log ψ(x) = log N(y; A D(x), v A Aᵀ + s² I).
struct Twist {
  Tensor score, data, gradient;
  std::vector<double> log_density;  // one number for each row
};
Twist twist(const Score& prior, const Noised& noised, const Measurement& measured, const PosteriorConfig& config);

}  // namespace detail
}  // namespace fokker
