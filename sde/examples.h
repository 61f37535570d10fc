#pragma once

#include "fokker/sde/function_sde.h"

namespace fokker {

/// The Lorenz system [lorenz1963] with additive noise:  dx = 10 (y − x) dt + s dB₁,  dy = (x (28 − z) − y) dt + s dB₂,
/// dz = (x y − 8/3 z) dt + s dB₃;  x [B, 3].
FunctionSde lorenz(double noise = 1);

/// Stochastic Lotka–Volterra:  dx = x (a − b y) dt + s x dB₁,  dy = y (b x − c) dt + s y dB₂ (Itô);  x [B, 2].
/// Without noise  b (x + y) − c log x − a log y  is constant.
FunctionSde lotka_volterra(double a = 1, double b = 1, double c = 1, double noise = 0.2);

}  // namespace fokker
