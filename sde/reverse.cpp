#include "fokker/sde/reverse.h"

#include "fokker/core/ops/elementwise.h"

namespace fokker {

ReverseSde::ReverseSde(const ForwardSde& sde, Score score, double eta)
    : sde_(share(sde)), score_(std::move(score)), eta_(eta) {
  require<ConfigError>(eta >= 0, "[reverse] expected eta >= 0, got {}", eta);
}

Tensor ReverseSde::drift(const Tensor& x, double t) const {
  const double g = sde_->diffusion_rate(t);
  return weighted_sum({{sde_->drift_rate(t), x}, {-0.5 * (1 + eta_ * eta_) * g * g, score_(x, t)}});
}

Tensor ReverseSde::diffusion(const Tensor& x, double t) const {
  return Tensor::scalar(eta_ * sde_->diffusion_rate(t), x.dtype());
}

}  // namespace fokker
