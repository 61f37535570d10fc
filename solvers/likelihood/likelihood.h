#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fokker/solvers/ode/flow.h"

namespace fokker {

/// How the divergence of a field f, the trace of ∂f/∂x, is found:
///   exact:       one vector–Jacobian product for each dimension;
///   hutchinson:  εᵀ (∂f/∂x) ε [hutchinson1989], one product for each probe ε of mean 0 and covariance I;
///   auto:        exact up to 16 dimensions, else hutchinson.
/// A sample keeps its probes over the whole ODE [grathwohl2019].  Probes are functions of the seed and of the sample's
/// values at the start.
struct DivergenceConfig {
  std::string trace = "auto";
  std::string probe = "rademacher";
  std::int64_t probes = 1;
  std::uint64_t seed = 0;

  static constexpr auto fields = std::tuple{
      field("trace", &DivergenceConfig::trace,
            "kind of the trace: exact takes a backward pass for each dimension, hutchinson one for each probe",
            one_of("auto", "exact", "hutchinson")),
      field("probe", &DivergenceConfig::probe, "law of the probes of hutchinson", one_of("rademacher", "gaussian")),
      field("probes", &DivergenceConfig::probes,
            "number of probes of hutchinson for each sample; two or more give a standard error", at_least(1)),
      field("seed", &DivergenceConfig::seed, "seed of the probes")};

  /// Whether samples of D elements get the exact trace.
  bool exact(std::int64_t dimension) const { return trace == "exact" || (trace == "auto" && dimension <= 16); }
};

/// The states that an ODE has carried, and the divergence along their paths.
struct DensityFlow {
  Carried at_end;
  Tensor divergence;  // ∫ div f dt from t0 to t1, [B, 1], or one column for each probe
};

/// Carries x [B, ...] from t0 to t1 along dx/dt = f(x, t), and finds the change of its density [chen2018]:
///   log p(x(t1), t1) = log p(x(t0), t0) − ∫ div f dt.
/// `f` must be written in ops that can be differentiated.  The tolerance holds for a sample's integral by itself.
/// Throws ConfigError where f's result is not on the tape.  Throws ConfigError also for fehlberg78 under error control,
/// whose estimate vanishes for slopes that depend on time alone.
DensityFlow carry_density(const VectorField& f, const Tensor& x, std::array<double, 2> interval,
                          const DivergenceConfig& divergence = {}, const OdeConfig& ode = {},
                          const FlowOptions& options = {});

/// How the log density of `log_likelihood` is found.
struct LikelihoodConfig {
  FlowConfig flow = {};
  DivergenceConfig divergence = {};

  static constexpr auto fields =
      std::tuple{field("flow", &LikelihoodConfig::flow, "probability-flow ODE that carries the samples"),
                 field("divergence", &LikelihoodConfig::divergence, "divergence of the probability flow")};
};

/// What `log_likelihood` takes beside its configuration.
struct LikelihoodOptions : FlowOptions {
  /// The log density at t_max, [B, ...] → [B]; where it is empty, that of the prior N(0, prior_sigma²).  The exact
  /// marginal makes the result exact.  With the prior, the result is the density of the samples that the ODE makes from
  /// draws of the prior.
  std::function<Tensor(const Tensor& x)> terminal = {};
};

/// The result of `log_likelihood`.
struct Likelihood {
  Tensor log_density;     // [B], f64, in nats; of the marginal at t_min: at 0 it need not exist
  Tensor standard_error;  // [B], in nats, over the probes; undefined unless there are two or more
  Carried latent;         // x at t_max
};

/// Returns log p(x) of x [B, ...] under a score by the probability-flow ODE [song2021]:
///   log p_{t_min}(x) = log p_{t_max}(x(t_max)) + ∫ div(f x − ½ g² s) dt.
/// `score` must be differentiable in x.  The evaluations in `latent.evaluations` each include the
/// vector–Jacobian products of `divergence`.  A sample's result is the same, to the bit, in any
/// batch and order and on any number of threads.
Likelihood log_likelihood(const Score& score, const ForwardSde& sde, const Tensor& x,
                          const LikelihoodConfig& config = {}, const LikelihoodOptions& options = {});

/// Returns −log p / (D log 2), [B], for samples of D elements.
Tensor bits_per_dimension(const Tensor& log_density, std::int64_t dimension);

/// Returns log N(x; 0, deviation² I), [B], in f64.
Tensor gaussian_log_density(const Tensor& x, double deviation);

}  // namespace fokker
