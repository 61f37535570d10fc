#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The interpolant of rectified flow [liu2023], as the SDE with its marginals:
///   dx = −x/(1 − t) dt + √(2t/(1 − t)) dB,  t ∈ [0, 0.999].
/// Marginal:  α = 1 − t,  σ = t.  The rates diverge at t = 1, where nothing is left of the data.  The probability flow
/// is the straight-line flow of flow matching:  dx/dt = E[noise − x₀ | x].
class RectifiedFlow final : public ForwardSde {
 public:
  std::unique_ptr<Sde> clone() const override { return std::make_unique<RectifiedFlow>(*this); }
  std::string name() const override { return "flow"; }
  Marginal marginal(double t) const override { return {1 - t, t}; }
  double drift_rate(double t) const override { return -1 / (1 - t); }
  double diffusion_rate(double t) const override;
  double t_max() const override { return 0.999; }
  double time_of_lambda(double lambda) const override;
};

/// The variance-preserving interpolant [albergo2023]:
///   dx = −θ tan(θt) x dt + √(2 θ tan(θt)) dB,  θ = π/2,  t ∈ [0, 0.999].
/// Marginal:  α = cos(θt),  σ = sin(θt).
class TrigonometricFlow final : public ForwardSde {
 public:
  std::unique_ptr<Sde> clone() const override { return std::make_unique<TrigonometricFlow>(*this); }
  std::string name() const override { return "trigonometric_flow"; }
  Marginal marginal(double t) const override;
  double drift_rate(double t) const override;
  double diffusion_rate(double t) const override;
  double t_max() const override { return 0.999; }
  double time_of_lambda(double lambda) const override;
};

}  // namespace fokker
