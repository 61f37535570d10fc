// The example of README.md.
#include <fmt/format.h>

#include "fokker/fokker.h"
using namespace fokker;

int main() {
  const Prepared data = prepare({.source = "digits"}, 0);
  const VP sde;  // dx = −½ β x dt + √β dB
  auto network = std::make_shared<UNet>(1, UNetConfig{.channels = {32, 64}, .attention = {false, true}}, Rng(0));
  const System trained = train(network, sde, data.training, {.steps = 1000, .batch = 128, .learning_rate = 2e-3});

  const SampleConfig config{.solver = "sra1", .steps = 50, .n = 64, .grid = "log_snr", .clock = "snr"};
  const Samples x = sample(trained.score(), sde, config, {.shape = {8, 8, 1}});
  write_png("digits.png", x.values, {.low = -1, .high = 1});
  fmt::print("{} evaluations a sample\n", x.nfe);
}
