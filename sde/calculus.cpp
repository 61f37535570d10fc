#include "fokker/sde/calculus.h"

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

class Converted final : public Sde {
 public:
  Converted(const Sde& sde, Calculus calculus) : sde_(sde.clone()), calculus_(calculus) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<Converted>(*this); }
  std::string name() const override { return sde_->name(); }
  Noise noise() const override { return sde_->noise(); }
  Calculus calculus() const override { return calculus_; }
  Shape noise_shape(const Shape& x) const override { return sde_->noise_shape(x); }
  Tensor drift(const Tensor& x, double t) const override {
    const double half = calculus_ == Calculus::ito ? 0.5 : -0.5;
    return weighted_sum({{1, sde_->drift(x, t)}, {half, noise_correction(*sde_, x, t)}});
  }
  Tensor diffusion(const Tensor& x, double t) const override { return sde_->diffusion(x, t); }
  bool takes_shards() const override { return sde_->takes_shards(); }

 private:
  std::shared_ptr<const Sde> sde_;
  Calculus calculus_;
};

std::unique_ptr<Sde> converted(const Sde& sde, Calculus calculus) {
  if (sde.calculus() == calculus) return sde.clone();
  return std::make_unique<Converted>(sde, calculus);
}

/// The derivative of g by x in the direction d, by the pullback of a pullback.
Tensor directional(const Tensor& g, const Tensor& x, const Tensor& d) {
  const Tensor u = Tensor::ones(g.shape(), g.dtype()).leaf();
  const Tensor pulled = grad(sum(g * u), x, true);
  return grad(sum(pulled * d), u, true);
}

}  // namespace

Tensor noise_correction(const Sde& sde, const Tensor& x, double t) {
  if (sde.noise() == Noise::none || sde.noise() == Noise::additive) return Tensor::zeros(x.shape(), x.dtype());
  // The result is off the tape unless x, or what the SDE holds, is on it.
  const bool on = x.tracked() || (recording() && sde.diffusion(x, t).tracked());
  const Recording on_tape(true);
  const Tensor at = x.tracked() ? x : x.leaf();
  const Tensor g = sde.diffusion(at, t);
  require<ConfigError>(g.tracked(),
                       "[{}] the diffusion cannot be differentiated: write it in Fokker's ops, or take a solver that "
                       "needs no derivative, such as milstein_free",
                       sde.name());
  Tensor total;
  if (sde.noise() == Noise::diagonal) {
    total = grad(sum(g), at, true) * g;
  } else if (sde.noise() == Noise::scalar) {
    total = directional(g, at, g);
  } else {
    for (std::int64_t j = 0; j < g.extent(2); ++j) {
      const Tensor column = reshape(slice(g, 2, j, j + 1), at.shape());
      const Tensor term = directional(column, at, column);
      total = total.defined() ? total + term : term;
    }
  }
  return on ? total : total.detach();
}

std::unique_ptr<Sde> to_ito(const Sde& sde) { return converted(sde, Calculus::ito); }
std::unique_ptr<Sde> to_stratonovich(const Sde& sde) { return converted(sde, Calculus::stratonovich); }

}  // namespace fokker
