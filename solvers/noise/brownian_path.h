#pragma once

#include <array>
#include <vector>

#include "fokker/solvers/noise/brownian_tree.h"

namespace fokker {

/// A Brownian path on [begin, end], or backwards where begin > end.  The path is the same on any grid, in any number of
/// steps, and again after a rejected step.  A binary tree of intervals splits each by the conditional law of (W, H, K)
/// given the whole [foster2020, li2020].  The tree's numbers are functions of (seed, sample, node), so that only the
/// nodes last visited are stored.  The path is exact in law where no leaf, 2^-24 of the path, holds two ends of
/// intervals.  One object belongs to one thread.
class BrownianPath final : public BrownianMotion {
 public:
  /// Where the tree splits an interval: in the middle, or at the geometric mean.  The geometric mean is for times that
  /// span decades, such as the readings of the clock "snr".
  using Split = detail::BrownianTree::Split;

  /// Throws ConfigError for an empty interval, and for geometric splits unless both ends are positive.
  BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype = Dtype::f32,
               std::int64_t first_sample = 0, Split split = Split::arithmetic);
  /// Returns the increment from t0 to t1; `step` plays no part.  Throws ConfigError unless [t0, t1] lies on the path,
  /// in its direction, and is not shorter than a leaf.  Intervals of the tree itself cost least.
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override;

 private:
  static constexpr int leaf_level = detail::BrownianTree::leaf_level;
  struct Piece {
    BrownianIncrement b;
    double length = 0;
  };
  /// The two parts of an interval that is cut `at` a place.
  struct Parts {
    std::int64_t node = -1;
    double at = 0;
    std::array<BrownianIncrement, 2> part;
  };

  /// Adds to `sum` the pieces of [from, to], in units of leaves, that lie in cell `index` of `level`.
  void collect(int level, std::int64_t index, std::array<double, 2> range, Piece& sum) const;
  BrownianIncrement cell(int level, std::int64_t index) const;
  /// Returns the parts of cell `index` of `level`, cut at a place inside of it.
  const Parts& cut(int level, std::int64_t index, double at) const;

  detail::BrownianTree tree_;
  BrownianIncrement whole_;
  mutable std::vector<Parts> visited_;  // one entry for each level
};

}  // namespace fokker
