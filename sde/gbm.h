#pragma once

#include "fokker/sde/ou.h"

namespace fokker {

/// Geometric Brownian motion (Itô):  dx = μ x dt + σ x dB.  The solution is
///   x_t = x_0 exp((μ − ½σ²) t + σ B_t);  mean x_0 e^{μt},  variance x_0² e^{2μt} (e^{σ²t} − 1).
class GeometricBrownianMotion final : public Sde {
 public:
  explicit GeometricBrownianMotion(double mu = 0.5, double sigma = 0.5) : mu_(mu), sigma_(sigma) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<GeometricBrownianMotion>(*this); }
  std::string name() const override { return "geometric_brownian_motion"; }
  Noise noise() const override { return Noise::diagonal; }
  Tensor drift(const Tensor& x, double t) const override;
  Tensor diffusion(const Tensor& x, double t) const override;
  Moments moments(double x0, double t) const;
  /// Returns x_t, of x0's shape, on the path with B_t = `b`.
  Tensor exact(const Tensor& x0, const Tensor& b, double t) const;
  double mu() const { return mu_; }
  double sigma() const { return sigma_; }

 private:
  double mu_, sigma_;
};

}  // namespace fokker
