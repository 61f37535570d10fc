// The U-Net of docs/performance.md, 3.69 M parameters on images 32×32×1: `fokker_bench_unet THREADS [BATCH [WIDTH]]
// WORKLOAD…` prints as JSON the median seconds of each workload and the peak of the memory in MB; a WORKLOAD is train or
// forward, with /bf16 or /checkpoint behind it as wanted.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "fokker/core/autodiff.h"
#include "fokker/core/parallel.h"
#include "fokker/core/precision.h"
#include "fokker/experiments/trainer.h"
#include "fokker/score/network.h"
#include "fokker/sde/vp.h"

using namespace fokker;

namespace {

constexpr std::int64_t side = 32;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Median of 3 to 20 runs that fill about four seconds, behind one to warm up.
double median_seconds(const std::function<void()>& work) {
  work();
  std::vector<double> times;
  for (double total = 0; times.size() < 3 || (times.size() < 20 && total < 4); total += times.back())
    times.push_back(seconds_of(work));
  std::ranges::sort(times);
  return times[times.size() / 2];
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

double measure(const Workload& work, std::int64_t batch, std::int64_t width) {
  const Tensor images = Rng(1).normal({batch, side, side, 1});
  if (work.train) {
    Trainer trainer(network(width, work.checkpoint), VP(), Dataset{.x = images},
                    {.batch = batch, .precision = work.precision == Precision::bf16 ? "bf16" : "f32"}, 0);
    return median_seconds([&] { trainer.step(); });
  }
  const auto net = network(width);
  const std::int64_t shard = std::min<std::int64_t>(8, batch), shards = (batch + shard - 1) / shard;
  return median_seconds([&] {
    parallel(shards, [&](std::int64_t i) {
      const NoGrad off_tape;
      const MixedPrecision scope(work.precision);
      const std::int64_t end = std::min(batch, (i + 1) * shard);
      (*net)(images.rows(i * shard, end), Tensor::full({end - i * shard}, 0.5));
    });
  });
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
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
  if (numbers.empty() || names.empty()) return 2;
  if (numbers[0] > 0) set_thread_count(static_cast<int>(numbers[0]));
  const std::int64_t batch = numbers.size() > 1 ? numbers[1] : 64, width = numbers.size() > 2 ? numbers[2] : 32;
  found["parameters"] = network(width)->parameter_count();
  for (const std::string& name : names) found[name] = measure(parse(name), batch, width);
  found["peak_mb"] = peak_megabytes();
  fmt::print("{}\n", found.dump());
}
