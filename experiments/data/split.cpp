#include "fokker/experiments/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "fokker/core/ops/rng.h"

namespace fokker {
namespace {

using Indices = std::vector<std::int64_t>;

/// The bytes of each row, with −0 as +0.
std::vector<std::string> row_bytes(const Dataset& data) {
  std::vector<std::string> rows(static_cast<std::size_t>(data.size()));
  const auto append = [&](const Tensor& values) {
    const std::int64_t width = values.size() / values.extent(0);
    const auto numbers = values.data<float>();
    std::vector<float> row(static_cast<std::size_t>(width));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::int64_t k = 0; k < width; ++k) row[k] = numbers[static_cast<std::int64_t>(i) * width + k] + 0.0f;
      rows[i].append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
    }
  };
  if (data.size() > 0) append(data.x);
  if (data.size() > 0 && data.target.defined()) append(data.target);
  return rows;
}

/// The number of held-out samples of each stratum.  Shares are rounded down; then the largest remainders get one more.
Indices quotas(const std::vector<Indices>& strata, double share, std::int64_t total) {
  Indices quota;
  std::vector<double> remainder;
  for (const auto& rows : strata) {
    const double exact = share * static_cast<double>(rows.size());
    quota.push_back(static_cast<std::int64_t>(exact));
    remainder.push_back(exact - std::floor(exact));
  }
  Indices order(strata.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return remainder[a] > remainder[b]; });
  std::int64_t missing = total - std::accumulate(quota.begin(), quota.end(), std::int64_t{0});
  for (std::size_t k = 0; k < order.size() && missing > 0; ++k, --missing) ++quota[order[k]];
  return quota;
}

Split parts_of(const std::vector<bool>& held_out) {
  Split parts;
  for (std::size_t row = 0; row < held_out.size(); ++row)
    (held_out[row] ? parts.held_out : parts.training).push_back(static_cast<std::int64_t>(row));
  return parts;
}

}  // namespace

std::vector<std::int64_t> first_copies(const Dataset& data) {
  const auto bytes = row_bytes(data);
  std::unordered_map<std::string_view, std::int64_t> seen;
  Indices first(bytes.size());
  for (std::size_t row = 0; row < bytes.size(); ++row)
    first[row] = seen.try_emplace(bytes[row], static_cast<std::int64_t>(row)).first->second;
  return first;
}

Split split_rows(const Dataset& data, const SplitConfig& config) {
  if (config.own) return parts_of(data.held_out);
  const std::int64_t n = data.size();
  const Indices first = first_copies(data);
  std::vector<Indices> copies(static_cast<std::size_t>(n));
  for (std::int64_t row = 0; row < n; ++row) copies[first[row]].push_back(row);

  // A group of copies belongs to the stratum of its first member.
  const bool stratify = config.stratify && !data.labels.empty();
  std::vector<Indices> strata(stratify ? static_cast<std::size_t>(data.classes()) : 1);
  for (std::int64_t row = 0; row < n; ++row) strata[stratify ? data.labels[first[row]] : 0].push_back(row);

  // The product may round up beyond a whole number.
  const auto total = static_cast<std::int64_t>(std::ceil(config.held_out * static_cast<double>(n) - 1e-9));
  const Indices quota = quotas(strata, config.held_out, total);
  std::vector<bool> held_out(static_cast<std::size_t>(n));
  for (std::size_t s = 0; s < strata.size(); ++s) {
    const auto& rows = strata[s];
    std::int64_t left = quota[s];
    for (const auto k : Rng(config.seed, Stream::split, static_cast<std::uint32_t>(s)).permutation(std::ssize(rows))) {
      const auto& group = copies[rows[k]];  // empty for a later copy: its group goes with the first one
      if (left <= 0 || std::ssize(group) > left) continue;
      for (const auto row : group) held_out[row] = true;
      left -= std::ssize(group);
    }
  }
  return parts_of(held_out);
}

}  // namespace fokker
