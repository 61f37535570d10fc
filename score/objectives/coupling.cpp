#include "fokker/score/objectives/coupling.h"

#include <limits>

#include "fokker/core/base/error.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"

namespace fokker {
namespace {

/// Finds shortest augmenting paths.  Rows join one after the other, and potentials keep reduced costs nonnegative.
class Assignment {
 public:
  Assignment(const std::vector<double>& cost, std::int64_t n)
      : cost_(cost), n_(static_cast<std::size_t>(n)), u_(n_ + 1), v_(n_ + 1), row_of_(n_ + 1, 0), way_(n_ + 1, 0) {}

  std::vector<std::int64_t> solve() {
    for (std::size_t row = 1; row <= n_; ++row) add(row);
    std::vector<std::int64_t> column(n_);
    for (std::size_t j = 1; j <= n_; ++j) column[row_of_[j] - 1] = static_cast<std::int64_t>(j - 1);
    return column;
  }

 private:
  void add(std::size_t row) {
    row_of_[0] = row;
    std::vector<double> least(n_ + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(n_ + 1, false);
    std::size_t column = 0;
    do column = extend(column, least, used);
    while (row_of_[column] != 0);
    for (; column != 0; column = way_[column]) row_of_[column] = row_of_[way_[column]];
  }

  /// Takes a column into the tree, and returns the nearest column outside it.
  std::size_t extend(std::size_t column, std::vector<double>& least, std::vector<bool>& used) {
    used[column] = true;
    const std::size_t row = row_of_[column];
    double delta = std::numeric_limits<double>::infinity();
    std::size_t nearest = 0;
    for (std::size_t j = 1; j <= n_; ++j) {
      if (used[j]) continue;
      const double reduced = cost_[(row - 1) * n_ + j - 1] - u_[row] - v_[j];
      if (reduced < least[j]) {
        least[j] = reduced;
        way_[j] = column;
      }
      if (least[j] < delta) {
        delta = least[j];
        nearest = j;
      }
    }
    for (std::size_t j = 0; j <= n_; ++j)
      if (used[j]) {
        u_[row_of_[j]] += delta;
        v_[j] -= delta;
      } else {
        least[j] -= delta;
      }
    return nearest;
  }

  const std::vector<double>& cost_;
  std::size_t n_;
  std::vector<double> u_, v_;
  std::vector<std::size_t> row_of_, way_;  // for each column; column and row 0 are the root
};

}  // namespace

std::vector<std::int64_t> assignment(const std::vector<double>& cost, std::int64_t n) {
  require<ShapeError>(n > 0 && std::ssize(cost) == n * n, "[assignment] expected {} costs, got {}", n * n, cost.size());
  return Assignment(cost, n).solve();
}

std::vector<std::int64_t> optimal_pairs(const Tensor& x, const Tensor& noise) {
  require<ShapeError>(x.shape() == noise.shape(), "[optimal_pairs] expected noise {}, got {}", to_string(x.shape()),
                      to_string(noise.shape()));
  const std::int64_t n = x.extent(0);
  const Shape flat{n, x.size() / n};
  // The terms ‖x‖² and ‖noise‖² are the same for every permutation.
  const Tensor inner = matmul(cast(x.detach().view(flat), Dtype::f64), cast(noise.detach().view(flat), Dtype::f64),
                              Transpose::no, Transpose::yes);
  return assignment((inner * -1.0).to_vector(), n);
}

}  // namespace fokker
