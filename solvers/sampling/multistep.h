#pragma once

#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {

/// An exponential multistep method.  The prediction is the polynomial in λ through its last values, and the integral of
/// the polynomial is exact.  A corrector solves the step again with the value at the predicted end.  The next step uses
/// that value, too, so that a step takes one evaluation.  The method starts with as many points as there are.
struct MultistepMethod {
  Prediction prediction = Prediction::data;
  int predictor = 1;  // number of points
  int corrector = 0;  // number of points, with the end of the step among them; 0: none
  /// The weight of the slope in a predictor or corrector of two points: the exact integral, or half of B(h), as
  /// published.  B is h (bh1), or 1 − e^{−ph} (bh2).
  enum class Slope : std::uint8_t { exact, bh1, bh2 } slope = Slope::exact;
};

/// [ho2020] in the limit of small steps; all other methods begin with a step of it.
inline constexpr MultistepMethod exponential_euler{};
/// [lu2022pp], with η = 0, and with η = 1 the SDE forms of k-diffusion; three
/// points take the exact integral of the parabola.
inline constexpr MultistepMethod dpmpp_2m{.predictor = 2, .slope = MultistepMethod::Slope::bh2};
inline constexpr MultistepMethod dpmpp_3m{.predictor = 3};
/// [zhang2023], with polynomials in log σ.
inline constexpr MultistepMethod deis_2{.prediction = Prediction::noise, .predictor = 2};
inline constexpr MultistepMethod deis_3{.prediction = Prediction::noise, .predictor = 3};
/// [zhao2023]
inline constexpr MultistepMethod unipc_bh1{.predictor = 2, .corrector = 3, .slope = MultistepMethod::Slope::bh1};
inline constexpr MultistepMethod unipc_bh2{.predictor = 2, .corrector = 3, .slope = MultistepMethod::Slope::bh2};
inline constexpr MultistepMethod unipc_3{.predictor = 3, .corrector = 4, .slope = MultistepMethod::Slope::bh2};
/// [xue2023], with τ = η.
inline constexpr MultistepMethod sa_solver{.predictor = 3, .corrector = 4};
inline constexpr MultistepMethod sa_solver_2{.predictor = 2, .corrector = 2};

Tensor run_multistep(const Shard& shard, Tensor x, const MultistepMethod& method);

}  // namespace fokker::detail
