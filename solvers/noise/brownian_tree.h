#pragma once

#include <array>
#include <span>

#include "fokker/solvers/noise/noise.h"

namespace fokker::detail {

/// The binary tree of intervals behind BrownianPath and BrownianRows.  It gives times, random numbers, and the law of
/// the two parts of an interval given the whole [foster2020].  Places are times in units of leaves, 0 … 2^24.
struct BrownianTree {
  enum class Split : std::uint8_t { arithmetic, geometric };
  static constexpr int leaf_level = 24;

  std::uint64_t seed;
  Shape shape;
  double begin, end;
  Dtype dtype;
  std::int64_t first_sample;
  Split split;

  /// Throws ConfigError for an empty interval, and for geometric splits unless both ends are positive.
  void check() const;
  double time(double place) const;
  double place(double t) const;
  /// Return the standard normals of a node, for the batch or for some of its samples, in order.
  BrownianIncrement normals(std::int64_t node) const;
  BrownianIncrement normals(std::int64_t node, std::span<const std::size_t> rows) const;
  /// Returns the increment of the whole path from `xi`, the numbers of node 0.
  BrownianIncrement root(const BrownianIncrement& xi) const;
  /// Cuts cell `index` of `level`, whose increment is `whole`, at a place inside
  /// of it, with `xi` of `node(level, index)`.
  std::array<BrownianIncrement, 2> cut(int level, std::int64_t index, double at, const BrownianIncrement& whole,
                                       const BrownianIncrement& xi) const;
  static std::int64_t node(int level, std::int64_t index) { return (std::int64_t{1} << level) + index; }
};

}  // namespace fokker::detail
