#include "fokker/solvers/steppers/heun.h"

namespace fokker {

Tensor StochasticHeun::stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                              Tensor* lower) const {
  const auto [t0, t1] = t;
  const double h = t1 - t0;
  const bool noisy = sde.noise() != Noise::none;
  const Tensor f0 = sde.drift(x, t0), g0 = noisy ? sde.diffusion(x, t0) : Tensor{};
  const detail::DriftTerm predictor[] = {{h, f0}};
  const detail::NoiseTerm whole[] = {{g0, 1, 0}};
  const Tensor y = detail::advance(x, predictor, {whole, std::size_t{noisy}}, b);
  if (lower) *lower = y;
  const detail::DriftTerm corrector[] = {{0.5 * h, f0}, {0.5 * h, sde.drift(y, t1)}};
  if (!noisy) return detail::advance(x, corrector, {}, b);
  const detail::NoiseTerm halves[] = {{g0, 0.5, 0}, {sde.diffusion(y, t1), 0.5, 0}};
  return detail::advance(x, corrector, halves, b);
}

Tensor EulerHeun::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  const detail::DriftTerm drift[] = {{t1 - t0, sde.drift(x, t0)}};
  if (sde.noise() == Noise::none) return detail::advance(x, drift, {}, b);
  const Tensor g0 = sde.diffusion(x, t0);
  const detail::NoiseTerm whole[] = {{g0, 1, 0}};
  const Tensor y = detail::advance(x, {}, whole, b);
  const detail::NoiseTerm halves[] = {{g0, 0.5, 0}, {sde.diffusion(y, t1), 0.5, 0}};
  return detail::advance(x, drift, halves, b);
}

}  // namespace fokker
