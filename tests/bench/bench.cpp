// The workloads of docs/performance.md: `fokker_bench THREADS NAME…` prints as JSON the median seconds of a training step,
// the path-steps a second of PROBLEM/SOLVER, and the peak of the memory in MB.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "fokker/core/base/parallel.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/steppers/simulate.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/bench/memory.h"

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

struct Workload {
  const char* name;
  std::function<double()> seconds;
};

const Workload networks[] = {
    {"toy", toy},
    {"score_mlp_512", [] { return score_mlp(512); }},
    {"score_mlp_4096", [] { return score_mlp(4096); }},
};

/// PROBLEM/SOLVER[/PATHS[/DIMENSION]]
struct Paths {
  std::string problem, solver;
  std::int64_t paths = 100'000, dimension = 2;
};

Paths parse(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, '/');) parts.push_back(part);
  Paths result{parts[0], parts.at(1)};
  if (parts.size() > 2) result.paths = std::stoll(parts[2]);
  if (parts.size() > 3) result.dimension = std::stoll(parts[3]);
  return result;
}

/// Eight Gaussians: on a ring in the plane, else at the corners of a cube in eight of the dimensions.
GaussianMixture mixture(std::int64_t dimension) {
  if (dimension == 2) return GaussianMixture::ring(8, 2, 0.2);
  std::vector<std::vector<double>> means(8, std::vector<double>(static_cast<std::size_t>(dimension)));
  for (std::size_t k = 0; k < 8; ++k) means[k][k % means[k].size()] = 2;
  return GaussianMixture(std::move(means), {0.2});
}

constexpr std::int64_t steps = 100;

/// Path-steps a second of 100 steps.
double path_steps(const Paths& work) {
  const VP vp;
  std::unique_ptr<Sde> sde = std::make_unique<OrnsteinUhlenbeck>();
  if (work.problem == "gbm") sde = std::make_unique<GeometricBrownianMotion>();
  const bool reversed = work.problem == "mixture";
  if (reversed) sde = std::make_unique<ReverseSde>(reverse(vp, mixture(work.dimension).score(vp)));
  const auto grid = reversed ? uniform_points(1, 1e-3, steps) : uniform_points(0, 1, steps);
  const auto solver = make_solver(work.solver);
  const Shape shape{work.paths, work.dimension};
  const auto run = [&] { simulate(*sde, *solver, reversed ? vp.prior(shape, Rng(0)) : Tensor::ones(shape), grid); };
  const auto size = static_cast<double>(work.paths * steps);
  if (size * static_cast<double>(work.dimension) < 1e9) run();
  const int repetitions = static_cast<int>(std::clamp(3e8 / (size * static_cast<double>(work.dimension)), 1.0, 7.0));
  return size / median_seconds(repetitions, run);
}

double measure(const std::string& name) {
  if (name.find('/') != std::string::npos) return path_steps(parse(name));
  for (const Workload& workload : networks)
    if (name == workload.name) return workload.seconds();
  throw ConfigError(fmt::format("[bench] unknown workload {}", name));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr,
               "fokker_bench THREADS toy|score_mlp_512|score_mlp_4096|PROBLEM/SOLVER[/PATHS[/DIMENSION]] …\n"
               "PROBLEM: ou, gbm, mixture; THREADS: 0 takes all\n");
    return 2;
  }
  if (std::atoi(argv[1]) > 0) set_thread_count(std::atoi(argv[1]));
  nlohmann::ordered_json found;
  for (const std::string name : std::span(argv + 2, argv + argc)) found[name] = measure(name);
  found["peak_mb"] = peak_megabytes();
  fmt::print("{}\n", found.dump());
}
