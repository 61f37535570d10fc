// The U-Net of docs/performance.md, 3.69 M parameters on images 32×32×1: `fokker_bench_unet THREADS [BATCH [WIDTH]]
// WORKLOAD…` prints as JSON, for each workload, the median seconds and the seconds of CPU time, and the peak of the memory
// in MB.  A WORKLOAD is train or forward, with /bf16 and /checkpoint behind it as wanted, or parts or parts/bf16: the kinds
// of work in a training step of 64 images, one by one.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/precision.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/vp.h"
#include "tests/bench/memory.h"
#include "tests/bench/unet_parts.h"

using namespace fokker;

namespace {

constexpr std::int64_t side = 32;

struct Timing {
  double seconds, cpu;  // cpu: of all threads
};

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Medians of 3 to 20 runs that fill about four seconds, behind one to warm up.
Timing measured(const std::function<void()>& work) {
  work();
  std::vector<double> times, cpu;
  for (double total = 0; times.size() < 3 || (times.size() < 20 && total < 4); total += times.back()) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu_start = cpu_seconds();
    work();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu.push_back(cpu_seconds() - cpu_start);
  }
  std::ranges::sort(times);
  std::ranges::sort(cpu);
  return {times[times.size() / 2], cpu[cpu.size() / 2]};
}

struct Workload {
  bool train = true;
  Precision precision = Precision::f32;
  bool checkpoint = false;
};

Workload parse(const std::string& name) {
  return {.train = name.starts_with("train"),
          .precision = name.find("/bf16") == std::string::npos ? Precision::f32 : Precision::bf16,
          .checkpoint = name.find("/checkpoint") != std::string::npos};
}

std::shared_ptr<Network> network(std::int64_t width, bool checkpoint = false) {
  const NetworkConfig config{
      .channels = {width, 2 * width, 4 * width}, .attention = {false, true, false}, .checkpoint = checkpoint};
  return make_network(config, Shape{side, side, 1}, Rng(0));
}

Timing measure(const Workload& work, std::int64_t batch, std::int64_t width) {
  const Tensor images = Rng(1).normal({batch, side, side, 1});
  if (work.train) {
    TrainConfig config;  // a temporary would draw a false warning from GCC 12
    config.batch = batch;
    config.precision = work.precision == Precision::bf16 ? "bf16" : "f32";
    Trainer trainer(network(width, work.checkpoint), VP(), Dataset{.x = images}, config, 0);
    return measured([&] { trainer.step(); });
  }
  const auto net = network(width);
  const std::int64_t shard = std::min<std::int64_t>(8, batch), shards = (batch + shard - 1) / shard;
  return measured([&] {
    parallel(shards, [&](std::int64_t i) {
      const NoGrad off_tape;
      const MixedPrecision scope(work.precision);
      const std::int64_t end = std::min(batch, (i + 1) * shard);
      (*net)(images.rows(i * shard, end), Tensor::full({end - i * shard}, 0.5));
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::int64_t> numbers;
  nlohmann::ordered_json found;
  std::vector<std::string> names;
  for (const std::string argument : std::span(argv + 1, argv + argc))
    if (std::isdigit(static_cast<unsigned char>(argument[0])))
      numbers.push_back(std::stoll(argument));
    else
      names.push_back(argument);
  if (numbers.empty() || names.empty()) {
    fmt::print(stderr, "fokker_bench_unet THREADS [BATCH [WIDTH]] train|forward[/bf16][/checkpoint]|parts[/bf16] …\n");
    return 2;
  }
  if (numbers[0] > 0) set_thread_count(static_cast<int>(numbers[0]));
  const std::int64_t batch = numbers.size() > 1 ? numbers[1] : 64, width = numbers.size() > 2 ? numbers[2] : 32;
  found["parameters"] = network(width)->parameter_count();
  for (const std::string& name : names) {
    const Workload work = parse(name);
    if (name.starts_with("parts")) {
      found[name] = bench::parts(work.precision, width);
      continue;
    }
    const Timing timing = measure(work, batch, width);
    found[name] = timing.seconds;
    found[name + " cpu"] = timing.cpu;
  }
  found["peak_mb"] = peak_megabytes();
  fmt::print("{}\n", found.dump());
}
