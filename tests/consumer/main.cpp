// Samples a mixture through its exact score, and trains a network for a few steps: every layer is linked.
#include <cmath>
#include <cstdio>

#include "fokker/fokker.h"

using namespace fokker;

int main() {
  const VP sde;
  const GaussianMixture ring = GaussianMixture::ring(8, 2, 0.1);
  const Samples samples = sample(ring.score(sde), sde, {.solver = "sra1", .steps = 50, .n = 1000, .grid = "log_snr"});
  double radius = 0;
  for (std::int64_t i = 0; i < 1000; ++i)
    radius += std::hypot(samples.values.at(2 * i), samples.values.at(2 * i + 1)) / 1000;

  auto network = std::make_shared<Mlp>(2, MlpConfig{.hidden = {16}}, Rng(0));
  const Dataset data{.x = ring.sample(256, Rng(1)), .range = {-3, 3}};
  Trainer trainer(network, sde, data, {.batch = 64}, 0);
  const StepReport report = trainer.step();

  std::printf("radius %.3f, loss %.3f\n", radius, report.loss);
  return std::abs(radius - 2) < 0.05 && std::isfinite(report.loss) && shipped_data("digits.h5").has_filename() ? 0 : 1;
}
