#include "fokker/solvers/steppers/milstein.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/calculus.h"

namespace fokker {

Tensor Milstein::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  const double h = t1 - t0, length = std::abs(h), root = std::sqrt(length);
  const Tensor f = sde.drift(x, t0);
  if (sde.noise() == Noise::none || sde.noise() == Noise::additive) {
    const detail::DriftTerm drift[] = {{h, f}};
    if (sde.noise() == Noise::none) return detail::advance(x, drift, {}, b);
    const detail::NoiseTerm noise[] = {{sde.diffusion(x, t0), 1, 0}};
    return detail::advance(x, drift, noise, b);
  }
  const Tensor g = sde.diffusion(x, t0);
  const Tensor twice = sde.calculus() == Calculus::ito ? square(b.w) - length : square(b.w);
  Tensor slope;
  if (derivative_ == Derivative::autodiff) {
    slope = noise_correction(sde, x, t0);
  } else if (sde.calculus() == Calculus::ito) {
    const detail::DriftTerm support[] = {{h, f}, {root, g}};
    slope = (sde.diffusion(detail::advance(x, support, {}, b), t0) - g) * (1 / root);
  } else {
    // W² has a mean, so that the first-order errors of a one-sided difference would add up.
    const detail::DriftTerm up[] = {{root, g}}, down[] = {{-root, g}};
    slope = (sde.diffusion(detail::advance(x, up, {}, b), t0) - sde.diffusion(detail::advance(x, down, {}, b), t0)) *
            (0.5 / root);
  }
  const detail::DriftTerm terms[] = {{h, f}, {0.5, slope * twice}};
  const detail::NoiseTerm noise[] = {{g, 1, 0}};
  return detail::advance(x, terms, noise, b);
}

}  // namespace fokker
