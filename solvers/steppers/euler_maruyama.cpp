#include "fokker/solvers/steppers/euler_maruyama.h"

namespace fokker {

Tensor EulerMaruyama::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  const detail::DriftTerm drift[] = {{t1 - t0, sde.drift(x, t0)}};
  if (sde.noise() == Noise::none) return detail::advance(x, drift, {}, b);
  const detail::NoiseTerm noise[] = {{sde.diffusion(x, t0), 1, 0}};
  return detail::advance(x, drift, noise, b);
}

}  // namespace fokker
