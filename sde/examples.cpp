#include "fokker/sde/examples.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

Tensor component(const Tensor& x, std::int64_t i) { return slice(x, -1, i, i + 1); }

}  // namespace

FunctionSde lorenz(double noise) {
  const auto drift = [](const Tensor& at, double) {
    const Tensor x = component(at, 0), y = component(at, 1), z = component(at, 2);
    return concat({10 * (y - x), x * (28 - z) - y, x * y - (8. / 3) * z}, -1);
  };
  const auto diffusion = [noise](const Tensor& at, double) { return Tensor::scalar(noise, at.dtype()); };
  return {drift, diffusion, {.name = "lorenz"}};
}

FunctionSde lotka_volterra(double a, double b, double c, double noise) {
  const auto drift = [=](const Tensor& at, double) {
    const Tensor x = component(at, 0), y = component(at, 1);
    return concat({x * (a - b * y), y * (b * x - c)}, -1);
  };
  const auto diffusion = [noise](const Tensor& at, double) { return noise * at; };
  return {drift, diffusion, {.name = "lotka_volterra", .noise = Noise::diagonal}};
}

}  // namespace fokker
