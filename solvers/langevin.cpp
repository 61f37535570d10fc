#include "fokker/solvers/langevin.h"

#include <cmath>

#include "fokker/solvers/euler_maruyama.h"

namespace fokker {

Tensor langevin(const Score& score, const BrownianMotion& noise, Tensor x, const LangevinRun& run) {
  const LangevinSde sde(score, run.t);
  const EulerMaruyama solver;
  for (int i = 0; i < run.steps; ++i)
    x = solver.step(sde, noise.increment(run.first_increment + i, 0, run.step, 0), x, 0, run.step);
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

}  // namespace fokker
