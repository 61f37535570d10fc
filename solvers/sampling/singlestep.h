#pragma once

#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {

/// An exponential Runge–Kutta method: evaluations within the step alone, at λ + r h.  Its stages share the step's Brownian
/// path.
struct SinglestepMethod {
  Prediction prediction = Prediction::data;
  int order = 2;  // 2: one stage at r = ½; 3: two at ⅓ and ⅔
};

/// [lu2022], noise prediction.  With η: SEEDS-2 [gonzalez2023].
inline constexpr SinglestepMethod dpm_solver_2{.prediction = Prediction::noise};
inline constexpr SinglestepMethod dpm_solver_3{.prediction = Prediction::noise, .order = 3};
/// [lu2022pp], data prediction.  With η: DPM-Solver++ SDE, whose published form draws its stages' noise independently.
inline constexpr SinglestepMethod dpmpp_2s{};
inline constexpr SinglestepMethod dpmpp_3s{.order = 3};

Tensor run_singlestep(const Shard& shard, Tensor x, const SinglestepMethod& method);

}  // namespace fokker::detail
