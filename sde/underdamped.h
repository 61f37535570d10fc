#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// Underdamped Langevin dynamics at a frozen diffusion time, in a pseudo-time u:
///   dx = v du,  dv = (s(x, time) − γ v) du + √(2γ) dB;  states [B, 2, ...], x before v.
/// The stationary law is p_time times N(0, I).  `chains.h` has the methods made for these dynamics.
class UnderdampedLangevin final : public Sde {
 public:
  /// Throws ConfigError unless friction γ > 0.
  UnderdampedLangevin(Score score, double time, double friction = 1);
  std::unique_ptr<Sde> clone() const override { return std::make_unique<UnderdampedLangevin>(*this); }
  std::string name() const override { return "underdamped_langevin"; }
  Noise noise() const override { return Noise::additive; }
  Tensor drift(const Tensor& x, double u) const override;
  /// Returns 0 for x and √(2γ) for v, of the state's shape.
  Tensor diffusion(const Tensor& x, double u) const override;
  bool takes_shards() const override { return !score_.whole_batch(); }
  double time() const { return time_; }
  double friction() const { return friction_; }

 private:
  Score score_;
  double time_, friction_;
};

}  // namespace fokker
