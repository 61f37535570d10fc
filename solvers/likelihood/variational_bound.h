#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fokker/solvers/likelihood/decoder.h"
#include "fokker/solvers/ode/flow.h"
#include "fokker/solvers/sampling/grid.h"

namespace fokker {

/// How the variational bound is estimated.
struct BoundConfig {
  std::string terms = "discrete";
  std::int64_t steps = 200;
  std::int64_t draws = 1;
  std::string grid = "log_snr";
  std::string decoder = "auto";
  double deviation = 1;
  double t_min = 0;
  std::uint64_t seed = 0;

  static constexpr auto fields = std::tuple{
      field("terms", &BoundConfig::terms,
            "kind of the bound's terms: discrete is for a model of that many steps, continuous for infinitely many",
            one_of("discrete", "continuous")),
      field("steps", &BoundConfig::steps,
            "number of steps of the model, or of strata of the log-SNR for continuous terms", at_least(1)),
      field("draws", &BoundConfig::draws,
            "number of draws of the noise for each step; two or more give a standard error", at_least(1)),
      field("grid", &BoundConfig::grid, "spacing of the times of discrete steps", one_of(&grid_names)),
      field("decoder", &BoundConfig::decoder, "decoder of the data; auto: discretised for whole numbers, else gaussian",
            one_of("auto", "gaussian", "discretised", "categorical")),
      field("deviation", &BoundConfig::deviation,
            "deviation of the decoders whose mean is the denoised sample, in units of sigma/alpha", above(0)),
      field("t_min", &BoundConfig::t_min,
            "time of the decoder; 0: the SDE's own, or where the discretised one begins to tell levels apart",
            at_least(0)),
      field("seed", &BoundConfig::seed, "seed of the noise")};
};

/// What `variational_bound` takes beside its configuration.
struct BoundOptions : FlowOptions {
  GreyLevels levels = {};         // the levels of whole-number data
  std::int64_t first_sample = 0;  // number of the first sample in the streams of random numbers
  /// Returns log(v/β̃), [B, ...], of the variance v that the model gives to x_s on the way from t to s < t.  β̃ is the
  /// posterior's variance.  No function means 0.  Variances between β̃ and that of the forward step [nichol2021] are w
  /// · 2 log(σ_t/σ_s), w in [0, 1].
  std::function<Tensor(const Tensor& x, double t, double s)> log_variance_ratio = {};
};

/// An upper bound on −log p(x₀) of every sample, in nats, with its parts:  prior + Σ diffusion + mean reconstruction.
struct VariationalBound {
  Tensor nats;            // [B], f64
  Tensor standard_error;  // [B], over the draws; undefined unless there are two or more
  Tensor prior;           // [B]
  Tensor diffusion;       // [B, steps, draws], from noise to data; divided by the draws
  Tensor reconstruction;  // [B, draws]
  std::vector<double> t;  // [steps · draws]
  double nfe = 0;
  double seconds = 0;

  /// Returns the standard error of the mean of nats over the samples.  Samples share their times, so that the error is
  /// over the draws alone; NaN unless there are two or more.
  double mean_error() const;
};

/// Returns the variational bound on −log p(x₀), x₀ [B, ...], of the model that denoises by
/// `score`.  With x_t = α x₀ + σ ε, the bound is
///   KL(q(x_T|x₀) ‖ N(0, prior_sigma²)) + Σ KL(q(x_s|x_t, x₀) ‖ q(x_s|x_t, x̂₀(x_t))) − E log p(x₀|x_{t_min}).
///   discrete [ho2020]:       KL = ½ (SNR(s) − SNR(t)) ‖x₀ − x̂₀‖² = ½ expm1(2 (λ_s − λ_t)) ‖ε + σ s(x_t, t)‖²;
///   continuous [kingma2021]: ½ ∫ −SNR'(t) ‖x₀ − x̂₀‖² dt = ∫ ‖ε + σ s‖² dλ,  λ uniform in each of `steps` strata.
/// Here λ = log(α/σ).  The continuous bound depends on the SDE through its ends alone; it is VDM's loss where the SDE's
/// schedule was learned.
/// Decoders at t_min have a mean and a deviation:
///   gaussian, discretised:  mean x̂₀, deviation in units of σ/α; "gaussian" is a density, "discretised" [ho2020]
///                           has the t_min of `decoding_time` by default;
///   categorical:            mean x/α, deviation σ/α [kingma2021].
/// The noise of a sample follows from its number and the seed, with the same bits in any batch split and
/// on any number of threads.  Several threads call `score` at once, off the tape.  NFE = steps · draws,
/// and draws more for a decoder of mean x̂₀.
/// Throws ConfigError for settings that do not fit.  Throws NumericalError, which names sample and time, where the
/// score is not finite.
VariationalBound variational_bound(const Score& score, const ForwardSde& sde, const Tensor& x0,
                                   const BoundConfig& config = {}, const BoundOptions& options = {});

}  // namespace fokker
