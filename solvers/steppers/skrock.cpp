#include "fokker/solvers/steppers/skrock.h"

#include "fokker/core/ops/elementwise.h"

namespace fokker {

SkRock::SkRock(int stages, double damping) : stages_(stages) {
  require<ConfigError>(stages > 0 && damping > 0, "[skrock] expected stages >= 1 and damping > 0, got {} and {}",
                       stages, damping);
  omega0_ = 1 + damping / (static_cast<double>(stages) * stages);
  double before = 1, value = omega0_, slope_before = 0, slope = 1;  // T and T′
  for (int i = 2; i <= stages; ++i) {
    const double next = 2 * omega0_ * value - before, next_slope = 2 * value + 2 * omega0_ * slope - slope_before;
    before = value, value = next, slope_before = slope, slope = next_slope;
  }
  omega1_ = value / slope;
}

Tensor SkRock::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  using detail::advance, detail::DriftTerm, detail::NoiseTerm;
  const double h = t1 - t0, nu1 = 0.5 * stages_ * omega1_, kappa1 = stages_ * omega1_ / omega0_;
  Tensor before = x, k;
  double ratio = 1 / omega0_, c_before = 0, c = omega1_ / omega0_;  // Tᵢ₋₁/Tᵢ; times of Kᵢ₋₁, Kᵢ in units of h
  if (sde.noise() == Noise::none) {
    const DriftTerm drift[] = {{h * c, sde.drift(x, t0)}};
    k = advance(x, drift, {}, b);
  } else {
    const Tensor g = sde.diffusion(x, t0);
    const NoiseTerm shift[] = {{g, nu1, 0}}, noise[] = {{g, kappa1, 0}};
    const DriftTerm drift[] = {{h * c, sde.drift(advance(x, {}, shift, b), t0)}};
    k = advance(x, drift, noise, b);
  }
  for (int i = 2; i <= stages_; ++i) {
    ratio = 1 / (2 * omega0_ - ratio);
    const double mu = 2 * omega1_ * ratio, nu = 2 * omega0_ * ratio;
    Tensor next = weighted_sum({{h * mu, sde.drift(k, t0 + c * h)}, {nu, k}, {1 - nu, before}});
    const double c_next = mu + nu * c + (1 - nu) * c_before;
    before = std::move(k), k = std::move(next);
    c_before = c, c = c_next;
  }
  return k;
}

}  // namespace fokker
