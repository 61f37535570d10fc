#pragma once

#include "fokker/solvers/langevin/chains.h"

namespace fokker {

// Steps of underdamped Langevin dynamics,  dx = v du,  dv = (s(x) − γ v) du + √(2γ) dB,  s = ∇ log p.

/// The splitting B A O A B [leimkuhler2013]: kick ½, drift ½, friction and noise, drift ½, kick ½.  The noise is W/√h.
/// Weak order 2; on a Gaussian law the variance of the positions is exact for any stable step.
void baoab_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// The splitting O B A B O [bussi2007], whose two noises are made of W and H.  Weak order 2.
void obabo_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// A step that solves the linear part exactly along the parabola with the path's W and H [foster2021].  The position
/// sees the force at the start, the velocity the linear interpolation of the force.  Strong order 2.
void align_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// A step of the shifted ODE [foster2021].  The path is replaced by jumps at both ends and a line between them, which
/// have the path's W, H and K.  The ODE between the jumps is solved by a Runge–Kutta–Nyström method of two stages at
/// the Gauss points, as in UBU [chada2024].  Strong order 3.
void quicsort_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

namespace detail {
/// Returns ∫₀¹ uᵏ e^{−zu} du for z ≥ 0, k ≤ 2.
double exponential_moment(int k, double z);
}  // namespace detail

}  // namespace fokker
