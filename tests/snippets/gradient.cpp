// The example of docs/gradients.md.
#include <cmath>

#include "fokker/fokker.h"
using namespace fokker;

int main() {
  const Tensor theta = Tensor::scalar(0.5, Dtype::f64).leaf();
  const auto drift = [theta](const Tensor& x, double) { return -theta * x; };
  const auto diffusion = [](const Tensor& x, double) { return Tensor::ones(x.shape(), x.dtype()); };
  const Tensor x0 = Tensor::ones({100, 1}, Dtype::f64);

  const DifferentiablePath path{.sde = std::make_shared<FunctionSde>(drift, diffusion),
                                .solver = make_solver("reversible_heun"),
                                .noise = std::make_shared<SequentialNoise>(0, x0.shape(), Dtype::f64),
                                .grid = uniform_points(0, 1, 256),
                                .parameters = {theta},
                                .adjoint = Adjoint::reversible};
  const Tensor gradient = grad(mean(square(solve(path, x0))), theta);

  return std::isfinite(gradient.item()) && gradient.item() < 0 ? 0 : 1;
}
