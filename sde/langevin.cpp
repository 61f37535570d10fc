#include "fokker/sde/langevin.h"

#include <numbers>

namespace fokker {

Tensor LangevinSde::drift(const Tensor& x, double) const { return score_(x, time_); }
Tensor LangevinSde::diffusion(const Tensor& x, double) const { return Tensor::scalar(std::numbers::sqrt2, x.dtype()); }

}  // namespace fokker
