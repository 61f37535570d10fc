#pragma once

#include "fokker/solvers/langevin/chains.h"

namespace fokker {

// Steps of underdamped Langevin dynamics,  dx = v du,  dv = (s(x) − γ v) du + √(2γ) dB,  s = ∇ log p.

/// The splitting B A O A B [leimkuhler2013]: kick ½, drift ½, friction and noise, drift ½, kick ½; the noise is W/√h.  Weak
/// order 2, and on a Gaussian law the positions' variance is exact for any stable step.
void baoab_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// The splitting O B A B O [bussi2007], whose two noises are of W and H.  Weak order 2.
void obabo_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// The linear part solved exactly along the parabola that has the path's W and H, with the force at the start for the
/// position and its linear interpolation for the velocity [foster2021].  Strong order 2.
void align_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

/// The shifted ODE [foster2021]: the path is replaced by jumps at both ends and a line between them that have its W, H and
/// K; the ODE between the jumps by a Runge–Kutta–Nyström method of two stages at the Gauss points, as in UBU
/// [chada2024].  Strong order 3.
void quicsort_step(const Target& target, const BrownianIncrement& b, LangevinStep step, ChainState& state);

namespace detail {
/// ∫₀¹ uᵏ e^{−zu} du for z ≥ 0, k ≤ 2.
double exponential_moment(int k, double z);
}  // namespace detail

}  // namespace fokker
