#pragma once

#include <array>
#include <vector>

#include "fokker/solvers/noise/brownian_tree.h"

namespace fokker {

/// One path on [begin, end] (begin > end: backwards), the same in whatever intervals it is asked for: any grid, any number
/// of steps, again after a rejected step.  A binary tree of intervals, each split by the conditional law of (W, H, K)
/// given the whole [foster2020, li2020]; its numbers are functions of (seed, sample, node), so nothing is stored but the
/// nodes last visited.  Exact in law where no leaf, 2^-24 of the path, holds two ends of intervals.
/// One object belongs to one thread.
class BrownianPath final : public BrownianMotion {
 public:
  /// Where the tree splits an interval: in the middle, or at the geometric mean, for times that span decades, such as the
  /// reading of the clock "snr".
  using Split = detail::BrownianTree::Split;

  /// Throws ConfigError for an empty interval, or ends that are not both positive with geometric splits.
  BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype = Dtype::f32,
               std::int64_t first_sample = 0, Split split = Split::arithmetic);
  /// Throws ConfigError unless [t0, t1] lies on the path, in its direction, and is not shorter than a leaf; `step` plays
  /// no part.  Intervals of the tree itself cost least.
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override;

 private:
  static constexpr int leaf_level = detail::BrownianTree::leaf_level;
  struct Piece {
    BrownianIncrement b;
    double length = 0;
  };
  /// The two parts of an interval.
  struct Parts {
    std::int64_t node = -1;
    double at = 0;
    std::array<BrownianIncrement, 2> part;
  };

  /// Adds the pieces of [from, to], places in units of leaves, that lie in cell `index` of `level`.
  void collect(int level, std::int64_t index, std::array<double, 2> range, Piece& sum) const;
  BrownianIncrement cell(int level, std::int64_t index) const;
  /// Cell `index` of `level` cut at a place inside of it.
  const Parts& cut(int level, std::int64_t index, double at) const;

  detail::BrownianTree tree_;
  BrownianIncrement whole_;
  mutable std::vector<Parts> visited_;  // by level
};

}  // namespace fokker
