#pragma once

#include "fokker/solvers/orders/order.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

/// How the orders of `SamplerOrders` are measured.
struct SamplerOrderConfig {
  std::int64_t samples = 500;
  std::uint64_t seed = 0;
  // Negative controls: without same_path there is noise by step, another path for each number of steps; `spoil` makes
  // the score that solvers see.
  bool same_path = true;
  std::function<Score(Score)> spoil = {};
};

/// The orders that solvers made for diffusions claim (`SamplerClaims`).  Steps are equal in λ = log(α/σ), on VP
/// diffusions of a law on a line.  The law has two modes for flow and strong orders, and is a Gaussian for weak ones.
class SamplerOrders {
 public:
  /// Finds the solutions by error control and by small steps.  Throws ConfigError for less than 30 samples.
  explicit SamplerOrders(SamplerOrderConfig config = {});

  /// Measures the order on the probability flow, of the root mean square error over samples.
  MeasuredOrder flow(const std::string& solver) const;
  /// Measures the strong order on the reverse SDE of η = 1, with all numbers of steps on the same path.  ER-SDE-Solvers
  /// have a diffusion of their own, and SEEDS reads the path in a clock of its own.  These solvers are compared with
  /// themselves at far smaller steps.
  MeasuredOrder strong(const std::string& solver) const;
  /// Measures the weak order on the reverse SDE of η = 1, of the variance, which is exact.  A solver may do better on a
  /// Gaussian than it claims.
  MeasuredOrder weak(const std::string& solver) const;

 private:
  MeasuredOrder order(SampleConfig config, const Tensor& solution, int coarsest) const;
  Tensor end(const SampleConfig& config, bool spoilt) const;
  SampleConfig on_one_path(const std::string& solver, std::int64_t steps, const std::string& clock = "t") const;

  SamplerOrderConfig config_;
  Tensor flow_solution_, path_solution_;
};

namespace detail {
/// Returns the variance of a linear sampler's samples, without sampling.  The score must be that of a diffused centred
/// Gaussian; `prior_variance` is the variance of that law at t_max.
double sample_variance(const ForwardSde& sde, const SampleConfig& config, const Score& score, double prior_variance);
}  // namespace detail

}  // namespace fokker
