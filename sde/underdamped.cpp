#include "fokker/sde/underdamped.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// The position (0) or velocity (1) of states [B, 2, ...], with its axis.
Tensor half(const Tensor& x, int which) {
  require<ShapeError>(x.rank() >= 2 && x.extent(1) == 2, "[underdamped_langevin] expected states [B, 2, ...], got {}",
                      to_string(x.shape()));
  return slice(x, 1, which, which + 1);
}

}  // namespace

UnderdampedLangevin::UnderdampedLangevin(Score score, double time, double friction)
    : score_(std::move(score)), time_(time), friction_(friction) {
  require<ConfigError>(friction > 0, "[underdamped_langevin] expected friction > 0, got {}", friction);
}

Tensor UnderdampedLangevin::drift(const Tensor& x, double) const {
  const Tensor position = half(x, 0), velocity = half(x, 1);
  const Tensor force = score_(reshape(position, without_axis(x.shape(), 1)), time_);
  return concat({velocity, reshape(force, velocity.shape()) - velocity * friction_}, 1);
}

Tensor UnderdampedLangevin::diffusion(const Tensor& x, double) const {
  const Shape shape = half(x, 0).shape();
  return concat({Tensor::zeros(shape, x.dtype()), Tensor::full(shape, std::sqrt(2 * friction_), x.dtype())}, 1);
}

}  // namespace fokker
