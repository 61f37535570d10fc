#include "fokker/solvers/steppers/reversible_heun.h"

namespace fokker {
namespace {

/// y, f(y) and, where there is noise, g(y).
std::vector<Tensor> companion(const Sde& sde, const Tensor& y, double t) {
  std::vector<Tensor> memory = {y, sde.drift(y, t)};
  if (sde.noise() != Noise::none) memory.push_back(sde.diffusion(y, t));
  return memory;
}

}  // namespace

Tensor ReversibleHeun::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  SolverState state{x};
  advance(sde, b, state, t0, t1);
  return state.x;
}

void ReversibleHeun::advance(const Sde& sde, const BrownianIncrement& b, SolverState& state, double t0,
                             double t1) const {
  const double h = t1 - t0;
  const std::vector<Tensor> before = state.memory.empty() ? companion(sde, state.x, t0) : std::move(state.memory);
  std::vector<detail::NoiseTerm> noise;
  if (before.size() > 2) noise = {{before[2], 1, 0}};
  const detail::DriftTerm leap[] = {{1, state.x}, {-1, before[0]}, {h, before[1]}};
  std::vector<Tensor> after = companion(sde, detail::advance(state.x, leap, noise, b), t1);
  if (after.size() > 2) noise = {{before[2], 0.5, 0}, {after[2], 0.5, 0}};
  const detail::DriftTerm mean[] = {{0.5 * h, before[1]}, {0.5 * h, after[1]}};
  state = {detail::advance(state.x, mean, noise, b), std::move(after)};
}

}  // namespace fokker
