#pragma once

#include <memory>

#include "fokker/core/nn/module.h"
#include "fokker/sde/scheduled.h"

namespace fokker {

/// A learned noise schedule γ(t) = γ₀ + (γ₁ − γ₀) γ̃(t), where γ̃ rises from 0 to 1 for any parameters:
///   γ̃(t) ∝ softplus(s) t + Σᵢ softplus(cᵢ)/N [S(aᵢ (t − mᵢ)) − S(−aᵢ mᵢ)],  aᵢ = 20 softplus(âᵢ).
/// S is the logistic function.  The curve is the monotone network of VDM [kingma2021] with the first layer folded into
/// the second.
class NoiseCurve final : public Module {
 public:
  /// Starts near a straight line from γ₀ = `first` to γ₁ = `last`.  Throws ConfigError unless γ₀ < γ₁.
  NoiseCurve(double first, double last);

  /// Values γ̃ and rates γ̃′ at times in [0, 1], [B], f64.
  struct Points {
    Tensor place, rate;
  };
  Points operator()(const Tensor& t) const;
  /// The numbers γ₀ and γ₁ − γ₀ as scalars, f64.
  Tensor first() const;
  Tensor span() const;
  /// The diffusion of this schedule with its present parameters.
  std::shared_ptr<const ForwardSde> sde() const;

  std::unique_ptr<Module> clone() const override { return std::make_unique<NoiseCurve>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  Tensor ends_, slope_, weights_, steepness_, middles_;
};

}  // namespace fokker
