#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fokker/solvers/ode/flow.h"

namespace fokker {

/// How the divergence of a field f, the trace of ∂f/∂x, is found.  exact: one vector–Jacobian product for each dimension;
/// hutchinson: εᵀ (∂f/∂x) ε [hutchinson1989], one for each probe ε, of mean 0 and covariance I.  A sample keeps its probes
/// over the whole ODE [grathwohl2019]: they are functions of the seed and of its values at the start.
struct DivergenceConfig {
  std::string trace = "auto";
  std::string probe = "rademacher";
  std::int64_t probes = 1;
  std::uint64_t seed = 0;

  static constexpr auto fields = std::tuple{
      field("trace", &DivergenceConfig::trace, "exact: a backward pass a dimension; hutchinson: one a probe; auto",
            one_of("auto", "exact", "hutchinson")),
      field("probe", &DivergenceConfig::probe, "law of the probes", one_of("rademacher", "gaussian")),
      field("probes", &DivergenceConfig::probes, "of hutchinson, for each sample; two or more give a standard error",
            at_least(1)),
      field("seed", &DivergenceConfig::seed, "of the probes")};

  /// Whether samples of D elements get the exact trace.
  bool exact(std::int64_t dimension) const { return trace == "exact" || (trace == "auto" && dimension <= 16); }
};

/// The states that an ODE carries, and the divergence along their paths.
struct DensityFlow {
  Carried at_end;
  Tensor divergence;  // ∫ div f dt from t0 to t1, [B, 1], or one column for each probe
};

/// x [B, ...] from t0 to t1 along dx/dt = f(x, t), with what its density changes by [chen2018]:
///   log p(x(t1), t1) = log p(x(t0), t0) − ∫ div f dt.
/// `f` must be written in ops that can be differentiated; a sample's integral is held to the tolerance by itself.
/// Throws ConfigError where f's result is not on the tape, and for fehlberg78 under error control, whose estimate vanishes
/// for slopes that depend on time alone.
DensityFlow carry_density(const VectorField& f, const Tensor& x, std::array<double, 2> interval,
                          const DivergenceConfig& divergence = {}, const OdeConfig& ode = {},
                          const FlowOptions& options = {});

struct LikelihoodConfig {
  FlowConfig flow = {};
  DivergenceConfig divergence = {};

  static constexpr auto fields = std::tuple{field("flow", &LikelihoodConfig::flow, "the probability-flow ODE"),
                                            field("divergence", &LikelihoodConfig::divergence, "its divergence")};
};

struct LikelihoodOptions : FlowOptions {
  /// log p at t_max, [B, ...] → [B]; the prior N(0, prior_sigma²) where it is empty.  The exact marginal makes the result
  /// exact; with the prior it is the density of the samples that the ODE makes from draws of the prior.
  std::function<Tensor(const Tensor& x)> terminal = {};
};

struct Likelihood {
  Tensor log_density;     // [B], f64, in nats: of the marginal at t_min, not at 0, where it need not exist
  Tensor standard_error;  // [B], over the probes; undefined unless there are two or more
  Carried latent;         // x at t_max
};

/// log p(x) of x [B, ...] under a score by the probability-flow ODE [song2021]:
///   log p_{t_min}(x) = log p_{t_max}(x(t_max)) + ∫ div(f x − ½ g² s) dt.
/// `score` must be differentiable in x; it is evaluated as often as `latent.evaluations` says, each time with the
/// vector–Jacobian products of `divergence`.  A sample's result is the same, to the bit, in any batch and order and on any
/// number of threads.
Likelihood log_likelihood(const Score& score, const ForwardSde& sde, const Tensor& x,
                          const LikelihoodConfig& config = {}, const LikelihoodOptions& options = {});

/// −log p / (D log 2) for samples of D elements.
Tensor bits_per_dimension(const Tensor& log_density, std::int64_t dimension);

/// log N(x; 0, deviation² I), [B], in f64.
Tensor gaussian_log_density(const Tensor& x, double deviation);

}  // namespace fokker
