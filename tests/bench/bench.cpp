// The workloads of docs/performance.md: `fokker_bench NAME [THREADS]` prints the median seconds of one repetition.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>

#include "fokker/core/parallel.h"
#include "fokker/experiments/toys.h"
#include "fokker/experiments/trainer.h"
#include "fokker/score/network.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampler.h"

using namespace fokker;

namespace {

double median_seconds(int repetitions, const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::nth_element(times, times.begin() + repetitions / 2);
  return times[static_cast<std::size_t>(repetitions / 2)];
}

/// Median of one training step, the first tenth of the steps left out.
double training_step(Dataset data, const NetworkConfig& network_config, const TrainConfig& config, int steps) {
  const VP sde;
  const Shape& shape = data.x.shape();
  std::shared_ptr<Network> network =
      make_network(network_config, Shape(std::span(shape.begin() + 1, shape.end())), Rng(0));
  Trainer trainer(network, sde, std::move(data), config, 0);
  for (int i = 0; i < steps / 10; ++i) trainer.step();
  return median_seconds(steps, [&] { trainer.step(); });
}

double toy() {
  return training_step(regression_toy(640, 0), {.kind = "feed_forward", .hidden = {128, 128}},
                       {.objective = "regression", .batch = 64, .learning_rate = 1e-3, .clip = 0, .ema = 0}, 2000);
}

double score_mlp(std::int64_t batch) {
  return training_step(eight_gaussians(20'000, 0), {.kind = "mlp", .hidden = {256, 256, 256, 256}},
                       {.batch = batch, .learning_rate = 1e-3}, batch > 1000 ? 60 : 300);
}

/// Seconds of 100 steps of the reverse VP of eight Gaussians in the plane for 100,000 paths.
double paths(const std::string& solver) {
  const VP sde;
  const Score score = GaussianMixture::ring(8, 2, 0.2).score(sde);
  const SampleConfig config{.solver = solver, .steps = 100, .n = 100'000, .denoise = false};
  sample(score, sde, config);
  return median_seconds(7, [&] { sample(score, sde, config); });
}

struct Workload {
  const char* name;
  std::function<double()> seconds;
};

const Workload workloads[] = {
    {"toy", toy},
    {"score_mlp_512", [] { return score_mlp(512); }},
    {"score_mlp_4096", [] { return score_mlp(4096); }},
    {"euler_maruyama", [] { return paths("euler_maruyama"); }},
    {"sra1", [] { return paths("sra1"); }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) set_thread_count(std::atoi(argv[2]));
  for (const Workload& workload : workloads)
    if (argc > 1 && std::string(argv[1]) == workload.name) {
      fmt::print("{}\n", workload.seconds());
      return 0;
    }
  fmt::print(stderr, "fokker_bench toy | score_mlp_512 | score_mlp_4096 | euler_maruyama | sra1 [threads]\n");
  return 2;
}
