#pragma once

#include "fokker/solvers/langevin/chains.h"

namespace fokker {

/// The unadjusted Langevin algorithm  x ← x + h s(x) + √2 W.  On N(0, V) the stationary variance is V/(1 − h/2V).
void ula_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// One step of each chain of the Metropolis-adjusted Langevin algorithm [roberts1996]: the proposal
/// y = x + ε s(x) + √(2ε) ξ is accepted with probability min(1, p(y) q(x|y) / (p(x) q(y|x))).
struct MetropolisStep {
  std::vector<double> lengths;   // ε, by chain
  Tensor normal;                 // ξ, of x's shape
  std::vector<double> uniforms;  // in [0, 1), by chain
};
struct MetropolisResult {
  std::vector<double> probability;  // of acceptance, by chain; 0 where p(y) is not finite
  std::vector<bool> accepted;
};
/// `state` holds score and log density at x, and then those at the new x.
MetropolisResult mala_step(const Target& target, const MetropolisStep& step, ChainState& state);

/// Brings the mean acceptance of one chain to a target by dual averaging of log ε [hoffman2014].
class StepAdaptation {
 public:
  StepAdaptation(double step, double target_acceptance);
  void add(double acceptance_probability);
  /// To try next, and to freeze at the end.
  double trial() const;
  double adapted() const;

 private:
  double target_, centre_, log_step_, log_mean_, error_ = 0;
  int count_ = 0;
};

}  // namespace fokker
