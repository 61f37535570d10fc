#pragma once
// A path with parameters in drift and diffusion, and a loss of its states.

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/function_sde.h"
#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/steppers/adjoint.h"
#include "fokker/solvers/steppers/solver.h"

namespace path_example {

using namespace fokker;

inline constexpr std::int64_t paths = 5;
inline const Shape state_shape = {paths, 2};

inline Tensor element(const Tensor& theta, std::int64_t i) { return reshape(slice(theta, 0, i, i + 1), {}); }

/// A nonlinear SDE with three parameters in drift and diffusion.
inline std::shared_ptr<const Sde> example(Noise noise, const Tensor& theta,
                                          Calculus calculus = Calculus::stratonovich) {
  const auto drift = [=](const Tensor& x, double t) {
    return element(theta, 0) * tanh(x) - element(theta, 1) * x * (1 + 0.3 * t);
  };
  const auto diffusion = [=](const Tensor& x, double t) {
    const Tensor size = element(theta, 2) * (1 + 0.5 * t);
    if (noise == Noise::additive) return size;
    const Tensor g = size * (1 + 0.4 * sin(x));
    if (noise != Noise::general) return g;
    return reshape(concat({g, 0.3 * x, size * cos(x)}, 1), {x.extent(0), 2, 3});
  };
  return std::make_shared<FunctionSde>(
      drift, diffusion,
      FunctionSdeConfig{.noise = noise, .calculus = calculus, .brownian = noise == Noise::general ? 3 : 0});
}

inline const Tensor& start() {
  static const Tensor x = Rng(11).normal(state_shape, Dtype::f64);
  return x;
}
inline const Tensor& values() {
  static const Tensor theta = Tensor::from({0.8, 0.5, 0.6}, {3}, Dtype::f64);
  return theta;
}

inline DifferentiablePath path_of(std::shared_ptr<const Sde> sde, const std::string& solver, std::int64_t steps = 37,
                                  bool one_path = false) {
  const Shape shape = sde->noise_shape(state_shape);
  std::shared_ptr<const BrownianMotion> noise = std::make_shared<SequentialNoise>(7, shape, Dtype::f64);
  if (one_path) noise = std::make_shared<BrownianPath>(7, shape, 0, 1, Dtype::f64);
  return {.sde = std::move(sde), .solver = make_solver(solver), .noise = noise, .grid = uniform_points(0, 1, steps)};
}

/// A loss of all frames, without symmetry.
inline Tensor loss_of(const Tensor& frames) { return sum(square(frames) * Rng(5).uniform(frames.shape(), Dtype::f64)); }

}  // namespace path_example
