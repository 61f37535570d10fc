#include "fokker/solvers/sampling/corrector.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/steppers/euler_maruyama.h"

namespace fokker {

Tensor langevin(const Score& score, const BrownianMotion& noise, Tensor x, const LangevinRun& run) {
  const LangevinSde sde(score, run.t);
  const EulerMaruyama solver;
  for (int i = 0; i < run.steps; ++i)
    x = solver.step(sde, noise.increment(run.first_increment + i, 0, run.step, 0), x, 0, run.step);
  return x;
}

Tensor norm_langevin(const Score& score, const BrownianMotion& noise, Tensor x, const LangevinRun& run) {
  for (int i = 0; i < run.steps; ++i) {
    const Tensor s = score(x, run.t), normal = noise.increment(run.first_increment + i, 0, 1, 0).w;
    std::vector<double> steps = detail::square_norms(normal);
    const std::vector<double> norms = detail::square_norms(s);
    for (std::size_t j = 0; j < steps.size(); ++j) steps[j] *= run.step / norms[j];
    std::vector<double> scales = steps;
    for (double& scale : scales) scale = std::sqrt(2 * scale);
    x = x + detail::by_sample(steps, x) * s + detail::by_sample(scales, x) * normal;
  }
  return x;
}

double corrector_step(double snr, double sigma) { return 2 * snr * snr * sigma * sigma; }

double annealing_step(double ratio, int steps) {
  const auto variance = [&](double e) {
    double v = ratio * ratio;
    for (int i = 0; i < steps; ++i) v = (1 - e) * (1 - e) * v + 2 * e;
    return v;
  };
  // The final variance falls, then rises in e: golden-section search.
  const double golden = 0.5 * (std::sqrt(5.0) - 1);
  double low = 0, high = 1;
  for (int i = 0; i < 80; ++i) {
    const double a = high - golden * (high - low), b = low + golden * (high - low);
    (variance(a) < variance(b) ? high : low) = variance(a) < variance(b) ? b : a;
  }
  return 0.5 * (low + high);
}

namespace detail {

std::vector<double> square_norms(const Tensor& x) {
  const std::int64_t samples = x.extent(0), width = samples > 0 ? x.size() / samples : 1;
  std::vector<double> norms(static_cast<std::size_t>(samples));
  visit(x.dtype(), [&]<class T>(T) {
    const auto values = x.data<T>();
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double value = values[static_cast<std::size_t>(i)];
      norms[static_cast<std::size_t>(i / width)] += value * value;
    }
  });
  return norms;
}

Tensor by_sample(std::span<const double> values, const Tensor& x) {
  Shape shape = x.shape();
  for (int axis = 1; axis < shape.rank(); ++axis) shape = with_extent(shape, axis, 1);
  return Tensor::from(values, shape, x.dtype());
}

}  // namespace detail
}  // namespace fokker
