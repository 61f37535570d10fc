#include "fokker/experiments/data/class_steps.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fokker/core/ops/rng.h"

namespace fokker {
namespace {

using Indices = std::vector<std::int64_t>;

}  // namespace

void keep_rows(Prepared& data, const std::vector<std::int64_t>& kept) {
  Indices original;
  for (const auto row : kept) original.push_back(data.training_index[row]);
  data.training = subset(data.training, kept);
  data.training_index = std::move(original);
}

std::string exclude_classes(Prepared& data, const DataConfig& config, std::uint64_t) {
  const Dataset all = data.training;
  require<ConfigError>(!all.labels.empty(),
                       "[data.exclude_classes] expected data with labels, got \"{}\" without; leave it empty",
                       all.name);
  const auto& excluded = config.exclude_classes;
  for (const auto label : excluded)
    require<ConfigError>(std::ranges::find(all.labels, label) != all.labels.end(),
                         "[data.exclude_classes] expected labels of \"{}\", which are below {}, got {}", all.name,
                         all.classes(), label);
  Indices kept, out;
  for (std::int64_t row = 0; row < all.size(); ++row)
    (std::ranges::find(excluded, all.labels[row]) == excluded.end() ? kept : out).push_back(row);
  data.excluded = subset(all, out);
  for (const auto row : out) data.excluded_index.push_back(data.training_index[row]);
  keep_rows(data, kept);
  return fmt::format("{} of {} samples are of the classes {}", out.size(), all.size(), fmt::join(excluded, ", "));
}

std::string thin_class(Prepared& data, const DataConfig& config, std::uint64_t seed) {
  const auto& labels = data.training.labels;
  Indices members, kept;
  for (std::int64_t row = 0; row < std::ssize(labels); ++row)
    (labels[static_cast<std::size_t>(row)] == config.thin_class ? members : kept).push_back(row);
  require<ConfigError>(!members.empty(), "[data.thin_class] expected a label of \"{}\", which are below {}, got {}",
                       data.training.name, data.training.classes(), config.thin_class);
  const auto share = config.thin_share * static_cast<double>(members.size());
  const auto left = std::clamp<std::int64_t>(std::lround(share), 1, std::ssize(members));
  const auto order = Rng(seed, Stream::label).fork(1).permutation(std::ssize(members));
  for (std::int64_t i = 0; i < left; ++i)
    kept.push_back(members[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
  std::ranges::sort(kept);
  keep_rows(data, kept);
  return fmt::format("{} of {} training samples of class {} kept", left, members.size(), config.thin_class);
}

std::string balance_classes(Prepared& data, const DataConfig&, std::uint64_t seed) {
  const auto& labels = data.training.labels;
  require<ConfigError>(!labels.empty(), "[data.balance] expected data with labels, got \"{}\" without; set it to false",
                       data.training.name);
  std::vector<Indices> members(static_cast<std::size_t>(data.training.classes()));
  for (std::size_t row = 0; row < labels.size(); ++row) members[labels[row]].push_back(static_cast<std::int64_t>(row));
  std::size_t largest = 0;
  for (const auto& rows : members) largest = std::max(largest, rows.size());
  Indices chosen(labels.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  for (std::size_t c = 0; c < members.size(); ++c) {
    const auto& rows = members[c];
    if (rows.empty()) continue;
    const auto order = Rng(seed, Stream::label, static_cast<std::uint32_t>(c)).permutation(std::ssize(rows));
    for (std::size_t k = rows.size(); k < largest; ++k) chosen.push_back(rows[order[k % rows.size()]]);
  }
  const auto added = chosen.size() - labels.size();
  keep_rows(data, chosen);
  return fmt::format("{} training samples repeated, so that every class has {}", added, largest);
}

}  // namespace fokker
