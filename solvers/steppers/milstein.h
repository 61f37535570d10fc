#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// Milstein's method [milstein1974] for diagonal or scalar noise:
///   x⁺ = x + h f + g W + ½ (g·∇g)(W² − h)  in Itô's sense, without − h in Stratonovich's.
/// Strong order 1, weak order 1, one drift evaluation a step.  The derivative is by autodiff, or derivative-free
/// [kloeden1992, §11.1].  The derivative-free form replaces √h g·∇g by g(x + h f + √h g) − g in Itô's sense.  In
/// Stratonovich's it is ½ (g(x + √h g) − g(x − √h g)): there the one-sided difference measures strong order ½.
class Milstein final : public Solver {
 public:
  enum class Derivative : std::uint8_t { autodiff, free };
  explicit Milstein(Derivative derivative) : derivative_(derivative) {}
  std::string name() const override { return derivative_ == Derivative::free ? "milstein_free" : "milstein"; }
  SolverClaims claims() const override { return {.strong_additive = 1, .strong_diagonal = 1, .stratonovich = true}; }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<Milstein>(*this); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;

 private:
  Derivative derivative_;
};

}  // namespace fokker
