#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The double well:  dx = (x − x³) dt + σ e^{−κt} dB.
/// For κ = 0 the stationary density is ∝ exp(−2 V/σ²),  V = ¼ x⁴ − ½ x².
class DoubleWell final : public Sde {
 public:
  explicit DoubleWell(double sigma = 1, double kappa = 0) : sigma_(sigma), kappa_(kappa) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<DoubleWell>(*this); }
  std::string name() const override { return "double_well"; }
  Noise noise() const override { return Noise::additive; }
  Tensor drift(const Tensor& x, double t) const override;
  Tensor diffusion(const Tensor& x, double t) const override;
  /// Returns E x^power under the stationary law of κ = 0, by quadrature.
  double stationary_moment(int power) const;
  double sigma() const { return sigma_; }
  double kappa() const { return kappa_; }

 private:
  double sigma_, kappa_;
};

}  // namespace fokker
