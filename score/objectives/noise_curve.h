#pragma once

#include <memory>

#include "fokker/core/nn/module.h"
#include "fokker/sde/scheduled.h"

namespace fokker {

/// A learned noise schedule  γ(t) = γ₀ + (γ₁ − γ₀) γ̃(t),  γ̃ rising from 0 to 1 for any parameters:
///   γ̃(t) ∝ softplus(s) t + Σᵢ softplus(cᵢ)/N [S(aᵢ (t − mᵢ)) − S(−aᵢ mᵢ)],  aᵢ = 20 softplus(âᵢ),
/// S the logistic function: the monotone network of VDM [kingma2021] with its first layer folded into the second.
class NoiseCurve final : public Module {
 public:
  /// Starts near a straight line.  Throws ConfigError unless γ₀ < γ₁.
  NoiseCurve(double first, double last);

  /// γ̃ and γ̃′ at times in [0, 1], [B], f64.
  struct Points {
    Tensor place, rate;
  };
  Points operator()(const Tensor& t) const;
  /// γ₀ and γ₁ − γ₀, scalars, f64.
  Tensor first() const;
  Tensor span() const;
  /// The diffusion of this schedule as it is now.
  std::shared_ptr<const ForwardSde> sde() const;

  std::unique_ptr<Module> clone() const override { return std::make_unique<NoiseCurve>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  Tensor ends_, slope_, weights_, steepness_, middles_;
};

}  // namespace fokker
