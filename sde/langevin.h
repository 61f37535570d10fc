#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// Overdamped Langevin dynamics at a frozen diffusion time:  dx = s(x, time) du + √2 dB, with a pseudo-time u.  The
/// stationary law is p_time.  Euler–Maruyama on this SDE is the unadjusted Langevin algorithm.
class LangevinSde final : public Sde {
 public:
  LangevinSde(Score score, double time) : score_(std::move(score)), time_(time) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<LangevinSde>(*this); }
  std::string name() const override { return "langevin"; }
  Noise noise() const override { return Noise::additive; }
  Tensor drift(const Tensor& x, double u) const override;
  Tensor diffusion(const Tensor& x, double u) const override;
  bool takes_shards() const override { return !score_.whole_batch(); }
  double time() const { return time_; }

 private:
  Score score_;
  double time_;
};

}  // namespace fokker
