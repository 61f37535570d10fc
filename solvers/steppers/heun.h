#pragma once

#include "fokker/solvers/steppers/solver.h"

namespace fokker {

/// The stochastic Heun method [kloeden1992]:  y = x + h f₀ + g₀ W,  x⁺ = x + ½ h (f₀ + f(y)) + ½ (g₀ + g(y)) W.
/// It finds the Stratonovich solution, with two drift evaluations a step.  Strong order 1 under additive and diagonal
/// noise, ½ in general; weak order 2 under additive noise, else 1.  Without noise it is Heun's second-order method.
/// The embedded method is Euler–Maruyama, y.
class StochasticHeun final : public EmbeddedSolver {
 public:
  std::string name() const override { return "stochastic_heun"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1,
            .strong_diagonal = 1,
            .strong_general = 0.5,
            .weak_additive = 2,
            .evaluations = 2,
            .ito = false,
            .stratonovich = true};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<StochasticHeun>(); }

 protected:
  Tensor stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                Tensor* lower) const override;
};

/// The Euler–Heun method, which is Euler's for the drift and Heun's for the noise:
///   y = x + g₀ W,  x⁺ = x + h f₀ + ½ (g₀ + g(y)) W.
/// It finds the Stratonovich solution, with one drift evaluation a step.  The strong orders are those of stochastic
/// Heun; weak order 1.
class EulerHeun final : public Solver {
 public:
  std::string name() const override { return "euler_heun"; }
  SolverClaims claims() const override {
    return {.strong_additive = 1, .strong_diagonal = 1, .strong_general = 0.5, .ito = false, .stratonovich = true};
  }
  std::unique_ptr<Solver> clone() const override { return std::make_unique<EulerHeun>(); }
  Tensor step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const override;
};

}  // namespace fokker
