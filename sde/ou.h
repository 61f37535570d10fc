#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The mean and the variance of one component.
struct Moments {
  double mean, variance;
};

/// The Ornstein–Uhlenbeck process:  dx = −θ x dt + σ dB, with the law
///   x_t | x_0 ~ N(x_0 e^{−θt}, σ² (1 − e^{−2θt}) / 2θ).
class OrnsteinUhlenbeck final : public Sde {
 public:
  explicit OrnsteinUhlenbeck(double theta = 1, double sigma = 1) : theta_(theta), sigma_(sigma) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<OrnsteinUhlenbeck>(*this); }
  std::string name() const override { return "ornstein_uhlenbeck"; }
  Noise noise() const override { return Noise::additive; }
  Tensor drift(const Tensor& x, double t) const override;
  Tensor diffusion(const Tensor& x, double t) const override;
  Moments moments(double x0, double t) const;

  double theta() const { return theta_; }
  double sigma() const { return sigma_; }

 private:
  double theta_, sigma_;
};

}  // namespace fokker
