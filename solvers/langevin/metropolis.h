#pragma once

#include "fokker/solvers/langevin/chains.h"

namespace fokker {

/// Makes one step of the unadjusted Langevin algorithm,  x ← x + h s(x) + √2 W.  On
/// N(0, V) the stationary variance is V/(1 − h/2V).
void ula_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// One step of each chain of the Metropolis-adjusted Langevin algorithm [roberts1996].  The proposal y = x + ε
/// s(x) + √(2ε) ξ is accepted with probability min(1, p(y) q(x|y) / (p(x) q(y|x))).
struct MetropolisStep {
  std::vector<double> lengths;   // ε of each chain
  Tensor normal;                 // ξ, of x's shape
  std::vector<double> uniforms;  // one number in [0, 1) for each chain
};
/// The outcome of a step, one entry for each chain.
struct MetropolisResult {
  std::vector<double> probability;  // probability of acceptance; 0 where p(y) is not finite
  std::vector<bool> accepted;
};
/// Makes one step.  `state` holds score and log density at x, and after the step those at the new x.
MetropolisResult mala_step(const Target& target, const MetropolisStep& step, ChainState& state);

/// Brings the mean acceptance of one chain to a target by dual averaging of log ε [hoffman2014].
class StepAdaptation {
 public:
  StepAdaptation(double step, double target_acceptance);
  void add(double acceptance_probability);
  /// Return the step to try next, and the step to freeze at the end.
  double trial() const;
  double adapted() const;

 private:
  double target_, centre_, log_step_, log_mean_, error_ = 0;
  int count_ = 0;
};

}  // namespace fokker
