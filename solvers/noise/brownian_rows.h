#pragma once

#include <array>
#include <vector>

#include "fokker/solvers/noise/brownian_path.h"
#include "fokker/solvers/noise/step_lattice.h"

namespace fokker {

/// The paths of a BrownianPath for some of its samples at a time, over whole leaves of its tree, with the same bits.
/// Samples that step each for themselves need this.  Each sample keeps the nodes that it last visited.  One object
/// belongs to one thread.
class BrownianRows {
 public:
  static constexpr int bits = detail::BrownianTree::leaf_level;

  /// Makes the paths of the BrownianPath with the same arguments.
  BrownianRows(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype = Dtype::f32,
               std::int64_t first_sample = 0, BrownianPath::Split split = BrownianPath::Split::arithmetic);
  virtual ~BrownianRows() = default;

  const Shape& shape() const { return tree_.shape; }
  Dtype dtype() const { return tree_.dtype; }
  std::int64_t first_sample() const { return tree_.first_sample; }
  double begin() const { return tree_.begin; }
  double end() const { return tree_.end; }
  /// Return the time of a place, and the place nearest to a time.  Places count leaves, 0 … 2^24.
  double time(std::int64_t place) const { return tree_.time(static_cast<double>(place)); }
  std::int64_t place(double t) const;
  /// Returns the increment from one place to a later one, [rows, ...].
  virtual BrownianIncrement increment(std::int64_t from, std::int64_t to, const detail::Rows& rows, int areas) const;

 private:
  struct Level {
    std::vector<std::int64_t> node;  // the node that each sample visited last; −1: none yet
    std::array<BrownianIncrement, 2> part;
  };

  BrownianIncrement cell(int level, std::int64_t index, const detail::Rows& rows) const;
  /// Cuts cell `index` of `level` for those samples whose last visit was to another one.
  void visit(int level, std::int64_t index, const detail::Rows& rows) const;

  detail::BrownianTree tree_;
  BrownianIncrement whole_;
  mutable std::vector<Level> levels_;
};

namespace detail {
/// `gather_rows` returns rows of x, in order; `scatter_rows` puts `some` into
/// rows of `all`, which has memory of its own.
Tensor gather_rows(const Tensor& x, const Rows& rows);
void scatter_rows(const Tensor& some, const Rows& rows, Tensor& all);
}  // namespace detail

}  // namespace fokker
