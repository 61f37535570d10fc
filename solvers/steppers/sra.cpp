#include "fokker/solvers/steppers/sra.h"

namespace fokker {
namespace {

/// The method that all of these embed, by a drift that is known already.
Tensor euler(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, const detail::DriftTerm& drift) {
  if (sde.noise() == Noise::none) return detail::advance(x, {&drift, 1}, {}, b);
  const detail::NoiseTerm noise[] = {{sde.diffusion(x, t0), 1, 0}};
  return detail::advance(x, {&drift, 1}, noise, b);
}

}  // namespace

template <int S>
Tensor Sra<S>::stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                      Tensor* lower) const {
  using detail::advance, detail::DriftTerm, detail::NoiseTerm;
  const auto [t0, t1] = t;
  const double h = t1 - t0;
  const auto& m = tableau_;
  const bool noisy = sde.noise() != Noise::none;
  std::array<Tensor, S> f, g;
  if (noisy)
    for (int j = 0; j < S; ++j) g[j] = sde.diffusion(x, t0 + m.c1[j] * h);
  std::array<DriftTerm, S> drifts;
  std::array<NoiseTerm, S> noises;
  for (int i = 0; i < S; ++i) {
    for (int j = 0; j < i; ++j) {
      drifts[j] = {h * m.a0[i][j], f[j]};
      if (noisy) noises[j] = {g[j], 0.5 * m.b0[i][j], m.b0[i][j]};
    }
    const auto used = static_cast<std::size_t>(i);
    const Tensor y = i == 0 ? x : advance(x, {drifts.data(), used}, {noises.data(), noisy ? used : 0}, b);
    f[i] = sde.drift(y, t0 + m.c0[i] * h);
  }
  if (lower) *lower = euler(sde, b, x, t0, {h, f[0]});
  for (int i = 0; i < S; ++i) {
    drifts[i] = {h * m.alpha[i], f[i]};
    if (noisy) noises[i] = {g[i], m.beta1[i] + 0.5 * m.beta2[i], m.beta2[i]};
  }
  return advance(x, drifts, {noises.data(), noisy ? std::size_t{S} : 0}, b);
}

template class Sra<2>;
template class Sra<3>;

Tensor Sea::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  using detail::advance, detail::DriftTerm, detail::NoiseTerm;
  const double h = t1 - t0;
  if (sde.noise() == Noise::none) {
    const DriftTerm drift[] = {{h, sde.drift(x, t0)}};
    return advance(x, drift, {}, b);
  }
  const Tensor g0 = sde.diffusion(x, t0), g1 = sde.diffusion(x, t1);
  const NoiseTerm shift[] = {{g0, 0.5, 1}};
  const DriftTerm drift[] = {{h, sde.drift(advance(x, {}, shift, b), t0)}};
  const NoiseTerm noise[] = {{g0, 0.5, 1}, {g1, 0.5, -1}};
  return advance(x, drift, noise, b);
}

Tensor Shark::stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                     Tensor* lower) const {
  using detail::advance, detail::DriftTerm, detail::NoiseTerm;
  const auto [t0, t1] = t;
  const double h = t1 - t0, t_stage = t0 + 5. / 6 * h;
  if (sde.noise() == Noise::none) {
    const Tensor f1 = sde.drift(x, t0);
    if (lower) *lower = euler(sde, b, x, t0, {h, f1});
    const DriftTerm stage[] = {{5. / 6 * h, f1}};
    const DriftTerm drifts[] = {{0.4 * h, f1}, {0.6 * h, sde.drift(advance(x, stage, {}, b), t_stage)}};
    return advance(x, drifts, {}, b);
  }
  const Tensor g0 = sde.diffusion(x, t0), g1 = sde.diffusion(x, t1);
  const NoiseTerm area[] = {{g0, 0, 1}}, later[] = {{g0, 5. / 6, 1}}, noise[] = {{g0, 0.5, 1}, {g1, 0.5, -1}};
  const Tensor f1 = sde.drift(advance(x, {}, area, b), t0);
  if (lower) *lower = euler(sde, b, x, t0, {h, f1});
  const DriftTerm stage[] = {{5. / 6 * h, f1}};
  const Tensor f2 = sde.drift(advance(x, stage, later, b), t_stage);
  const DriftTerm drifts[] = {{0.4 * h, f1}, {0.6 * h, f2}};
  return advance(x, drifts, noise, b);
}

}  // namespace fokker
