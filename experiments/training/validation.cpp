#include "fokker/experiments/training/validation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/experiments/training/shards.h"

namespace fokker {
namespace {

constexpr std::uint64_t held_out_tag = 0x68656c64;  // keeps these numbers apart from those of training

}  // namespace

HeldOutLoss::HeldOutLoss(const Dataset& held_out, const TrainConfig& config, std::uint64_t seed)
    : seed_(Rng(seed).fork(held_out_tag).seed()) {
  auto rows = Rng(seed_, Stream::shuffle).permutation(held_out.size());
  const std::int64_t most = config.validate_samples > 0 ? config.validate_samples : held_out.size();
  rows.resize(static_cast<std::size_t>(std::min(most, held_out.size())));
  samples_ = subset(held_out, rows);
}

double HeldOutLoss::operator()(const System& system, std::int64_t step) const {
  const std::int64_t n = samples_.size(), each = rows_of_a_shard(samples_, n);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n)), pairs;
  std::iota(rows.begin(), rows.end(), 0);
  if (system.objective->couples()) pairs = system.objective->coupling(samples_.x, seed_, 0);
  std::vector<double> loss(static_cast<std::size_t>(shard_count(n, each)));
  for_shards(n, each, [&](const RowRange& range) {
    const auto [index, first, count] = range;
    const auto own = std::span(rows).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    Shard shard = make_shard(*system.network, samples_, own, {.seed = seed_, .step = 0, .first = first, .batch = n});
    shard.training = false;
    if (!pairs.empty()) shard.noise_rows.assign(pairs.begin() + first, pairs.begin() + first + count);
    loss[static_cast<std::size_t>(index)] = system.objective->loss(*system.network, shard).total.item();
  });
  const double total = std::accumulate(loss.begin(), loss.end(), 0.0);
  require<NumericalError>(std::isfinite(total),
                          "[train] step {}: the held-out loss of the averaged weights is {}. Lower "
                          "train.learning_rate, or look for values that are not finite in the held-out data",
                          step, total);
  return total;
}

EarlyStop::EarlyStop(std::int64_t patience, const NamedTensors& average) : patience_(patience) {
  if (patience == 0) return;
  for (const auto& [name, tensor] : average) best_.emplace_back(name, tensor.clone());
}

void EarlyStop::see(std::int64_t step, double loss, const NamedTensors& average) {
  if (patience_ == 0) return;
  const auto record = record_.data<double>();
  if (best_step() > 0 && loss >= best_loss()) {
    record[2] += 1;
    return;
  }
  record[0] = static_cast<double>(step);
  record[1] = loss;
  record[2] = 0;
  for (std::size_t i = 0; i < best_.size(); ++i) best_[i].second = average[i].second.clone();
}

NamedTensors EarlyStop::state() const {
  NamedTensors result;
  if (patience_ == 0) return result;
  result.emplace_back("held_out.record", record_);
  for (const auto& [name, tensor] : best_) result.emplace_back("best." + name, tensor);
  return result;
}

}  // namespace fokker
