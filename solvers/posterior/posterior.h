#pragma once

#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/linear_operator.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// y = A x₀ + s ε: a row of y for each sample, in the units of the network.
struct Measurement {
  Operator op;
  Tensor y;          // [n, …]
  double noise = 0;  // s
};

/// How a measurement enters the score:  s(x, t) + c(x, t)  with c for ∇ log p(y | x_t), written with the denoiser D, its Jacobian
/// J = ∂D/∂x and r = y − A D(x, t); M numbers are measured.
///   replacement  the score of q(A x_t | y) on the range of Aᵀ, and s on the rest [song2021; song2022]: the known part of a mask
///                follows its own bridge at the noise of t, but the rest does not see more of it than x_t tells;
///   dps          c = ζ √M α (σ² + α² s²)^{−½} Jᵀ Aᵀ r/‖r‖, the norm of each sample its own [chung2023]; the factor
///                in place of a length by steps gives c the size of a likelihood's score;
///   pigdm        c = ζ Jᵀ Aᵀ (v A Aᵀ + s² I)⁻¹ r,  v = σ² C/(α² C + σ²) [song2023]: exact for data N(μ, C I), ζ = 1;
///   mmps         the same with the covariance σ²/α J in place of v I [rozet2024]: exact for all Gaussian data.
/// None is exact beyond: `sample_twisted` is, in the limit.  Of pigdm, mmps and twisted, c moves the denoised sample, by σ²/α c, at
/// most `limit` deviations of the data (root-mean-square over its elements): at high noise the errors of a network's D and J grow as
/// 1/α, and without a bound they feed themselves.
struct PosteriorConfig {
  std::string method = "pigdm";
  double strength = 1;
  double data_sigma = 1;
  double tolerance = 0.01;
  double limit = 2;

  static constexpr auto fields = std::tuple{
      field("method", &PosteriorConfig::method, "how a measurement enters the score",
            one_of("replacement", "dps", "pigdm", "mmps")),
      field("strength", &PosteriorConfig::strength, "zeta of dps, pigdm and mmps", at_least(0)),
      field("data_sigma", &PosteriorConfig::data_sigma, "deviation of the data, of pigdm's variance", above(0)),
      field("tolerance", &PosteriorConfig::tolerance, "of mmps's linear equations, relative", above(0), below(1)),
      field("limit", &PosteriorConfig::limit,
            "most deviations of the data that a measurement moves a denoised sample by", above(0))};
};

/// The score under a measurement: one for any linear operator and any solver.  Throws ShapeError where the operator does not
/// fit the measurements, ConfigError for a score that cannot be differentiated (not of replacement).
Score posterior_score(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                      const PosteriorConfig& config = {});

namespace detail {

/// Throws ShapeError unless the measurements fit the operator.
void check(const Measurement& measured);

/// The measurements of the rows of a shard, as a score that is their constant.
Score measured_rows(const Tensor& y);

/// A state at noise level t.
struct Noised {
  const Tensor& x;
  double t;
  Marginal at;
};

/// D(x, t) on the tape, with the products of its Jacobian.
class TracedDenoiser {
 public:
  TracedDenoiser(const Score& score, const Noised& noised);
  Tensor score() const { return score_.detach(); }
  Tensor data() const { return data_.detach(); }
  /// Jᵀ v
  Tensor pull(const Tensor& v) const;

 private:
  Tensor x_, score_, data_;
};

/// log ψ(x) = log N(y; A D(x), v A Aᵀ + s² I) with pigdm's v, up to what is common to all x, and its gradient, bounded.
struct Twist {
  Tensor score, data, gradient;
  std::vector<double> log_density;  // of each row
};
Twist twist(const Score& prior, const Noised& noised, const Measurement& measured, const PosteriorConfig& config);

}  // namespace detail
}  // namespace fokker
