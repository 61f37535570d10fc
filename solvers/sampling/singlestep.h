#pragma once

#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {

/// An exponential Runge–Kutta method: evaluations are within the step alone, at λ + r h.
/// All stages share the step's Brownian path.
struct SinglestepMethod {
  Prediction prediction = Prediction::data;
  int order = 2;  // order 2 has one stage, at r = ½; order 3 has two, at ⅓ and ⅔
};

/// [lu2022], noise prediction.  With η > 0 it is SEEDS-2 [gonzalez2023].
inline constexpr SinglestepMethod dpm_solver_2{.prediction = Prediction::noise};
inline constexpr SinglestepMethod dpm_solver_3{.prediction = Prediction::noise, .order = 3};
/// [lu2022pp], data prediction.  With η > 0 it is DPM-Solver++ SDE, whose published
/// form draws its stages' noise independently.
inline constexpr SinglestepMethod dpmpp_2s{};
inline constexpr SinglestepMethod dpmpp_3s{.order = 3};

Tensor run_singlestep(const Shard& shard, Tensor x, const SinglestepMethod& method);

}  // namespace fokker::detail
