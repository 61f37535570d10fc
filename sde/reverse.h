#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// The reverse of a diffusion, to be solved from t_max down to t_min:
///   dx = (f x − ½ (1 + η²) g² s(x, t)) dt + η g dB.
/// Where s = ∇ log p_t, it has the marginals of the forward SDE for every η.  η = 1 is Anderson's reverse-time SDE
/// [anderson1982], η = 0 the probability-flow ODE [song2021].
class ReverseSde final : public Sde {
 public:
  /// Keeps a copy of `sde`.  Throws ConfigError for η < 0.
  ReverseSde(const ForwardSde& sde, Score score, double eta = 1);
  std::unique_ptr<Sde> clone() const override { return std::make_unique<ReverseSde>(*this); }
  std::string name() const override { return "reverse " + sde_->name(); }
  Noise noise() const override { return eta_ > 0 ? Noise::additive : Noise::none; }
  Tensor drift(const Tensor& x, double t) const override;
  Tensor diffusion(const Tensor& x, double t) const override;
  bool takes_shards() const override { return !score_.whole_batch(); }
  const ForwardSde& forward() const { return *sde_; }
  double eta() const { return eta_; }

 private:
  std::shared_ptr<const ForwardSde> sde_;
  Score score_;
  double eta_;
};

inline ReverseSde reverse(const ForwardSde& sde, Score score, double eta = 1) {
  return ReverseSde(sde, std::move(score), eta);
}

}  // namespace fokker
