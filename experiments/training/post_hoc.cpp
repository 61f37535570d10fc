#include "fokker/experiments/training/post_hoc.h"

#include <fmt/ranges.h>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/training/checkpoint.h"

namespace fokker {
namespace {

constexpr double largest_error = 0.2;

struct Snapshot {
  std::int64_t step;
  std::filesystem::path file;
};

/// The snapshots until the first that reaches `step`.
std::vector<Snapshot> snapshots_until(const std::filesystem::path& folder, std::int64_t step) {
  std::vector<Snapshot> result;
  for (const auto& [at, file] : saved_steps(folder)) {
    if (!result.empty() && step > 0 && result.back().step >= step) break;
    result.push_back({at, file});
  }
  return result;
}

/// Adds `coefficient` times the tensors of `content` whose names begin with `prefix`, in double precision.
void add(NamedTensors& sum, const SafeTensors& content, const std::string& prefix, double coefficient) {
  std::size_t next = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (!name.starts_with(prefix)) continue;
    const std::string own = name.substr(prefix.size());
    const Tensor term = cast(tensor, Dtype::f64) * coefficient;
    if (next == sum.size()) {
      sum.emplace_back(own, term);
    } else {
      require<ConfigError>(sum[next].first == own, "[average] expected {} in the snapshot of step {}, got {}",
                           sum[next].first, content.metadata.at("step"), own);
      sum[next].second = sum[next].second + term;
    }
    ++next;
  }
}

}  // namespace

PostHocAverage post_hoc_average(const std::filesystem::path& folder, const std::vector<double>& lengths,
                                PowerProfile target) {
  const auto snapshots = snapshots_until(folder, target.updates);
  require<ConfigError>(!snapshots.empty() && !lengths.empty(),
                       "{}: no snapshots of averages; train with train.ema_lengths = [0.05, 0.1]", folder.string());
  if (target.updates == 0) target.updates = snapshots.back().step;
  require<ConfigError>(target.updates >= 1 && target.updates <= snapshots.back().step,
                       "[average] expected a step from 1 to {}, that of the last snapshot, got {}",
                       snapshots.back().step, target.updates);
  std::vector<PowerProfile> profiles;
  for (const auto& snapshot : snapshots)
    for (double length : lengths) profiles.push_back({.length = length, .updates = snapshot.step});
  const ProfileFit fit = fit_profile(profiles, target);
  require<ConfigError>(
      fit.error <= largest_error,
      "[average] {} snapshots of the lengths {} are too few for the length {}: its weights over time "
      "would be wrong by {:.0f} %; choose a length nearer to theirs, or a smaller train.snapshot_every",
      snapshots.size(), fmt::join(lengths, ", "), target.length, 100 * fit.error);
  PostHocAverage result{.tensors = {}, .snapshots = std::ssize(snapshots), .error = fit.error};
  auto coefficient = fit.coefficients.begin();
  for (const auto& snapshot : snapshots) {
    const SafeTensors content = load_checkpoint(snapshot.file);
    for (double length : lengths) add(result.tensors, content, fmt::format("length-{}.", length), *coefficient++);
  }
  for (auto& [name, tensor] : result.tensors) tensor = cast(tensor, Dtype::f32);
  return result;
}

}  // namespace fokker
