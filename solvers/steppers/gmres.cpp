#include "fokker/solvers/steppers/gmres.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker::detail {
namespace {

constexpr std::int64_t most_products = 40;

/// The least-squares problem of one row: its Hessenberg matrix, triangular by rotations, and right-hand side.
class RowProblem {
 public:
  explicit RowProblem(double norm) : stop_(norm), right_{norm}, done_(!(norm > 0)) {}
  bool done() const { return done_; }
  /// A column of the matrix with entries up to the diagonal and the one below; returns what the next basis vector is
  /// divided by, or 0 where none is needed.
  double add(std::vector<double> column, double below, double tolerance) {
    const std::size_t j = columns_.size();
    for (std::size_t i = 0; i < j; ++i) {
      const auto [c, s] = rotations_[i];
      const double upper = column[i], lower = column[i + 1];
      column[i] = c * upper + s * lower, column[i + 1] = c * lower - s * upper;
    }
    const double length = std::hypot(column[j], below);
    if (!(length > 0)) return finish();  // A is singular on the basis: the solution so far
    const double c = column[j] / length, s = below / length;
    column[j] = length;
    columns_.push_back(std::move(column));
    rotations_.emplace_back(c, s);
    right_.push_back(-s * right_[j]);
    right_[j] *= c;
    return std::abs(right_[j + 1]) <= tolerance * stop_ || !(below > 0) ? finish() : below;
  }
  /// Weights of the basis vectors.
  std::vector<double> weights() const {
    std::vector<double> y(right_.begin(), right_.begin() + static_cast<std::ptrdiff_t>(columns_.size()));
    for (std::size_t i = y.size(); i-- > 0;) {
      for (std::size_t j = i + 1; j < y.size(); ++j) y[i] -= columns_[j][i] * y[j];
      y[i] /= columns_[i][i];
    }
    return y;
  }

 private:
  double finish() {
    done_ = true;
    return 0;
  }

  double stop_;
  std::vector<double> right_;
  std::vector<std::vector<double>> columns_;
  std::vector<std::pair<double, double>> rotations_;
  bool done_;
};

std::vector<double> dots(const Tensor& a, const Tensor& b) { return sum(a * b, {1}).to_vector(); }

std::vector<double> inverse(std::vector<double> values) {
  for (double& value : values) value = value > 0 ? 1 / value : 0;
  return values;
}

}  // namespace

std::vector<double> row_norms(const Tensor& x) {
  std::vector<double> norms = dots(x, x);
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

Tensor scale_rows(const Tensor& x, const std::vector<double>& factors) {
  return x * Tensor::from(factors, {x.extent(0), 1}, x.dtype());
}

Tensor gmres(const std::function<Tensor(const Tensor& v)>& apply, const Tensor& b, double tolerance) {
  const auto rows = static_cast<std::size_t>(b.extent(0));
  const std::vector<double> norms = row_norms(b);
  std::vector<RowProblem> problems(norms.begin(), norms.end());
  std::vector<Tensor> basis = {scale_rows(b, inverse(norms))};
  const auto all_done = [&] { return std::ranges::all_of(problems, &RowProblem::done); };
  for (std::int64_t j = 0; j < std::min(b.extent(1), most_products) && !all_done(); ++j) {
    Tensor v = apply(basis.back());
    std::vector<std::vector<double>> columns(rows);
    for (const Tensor& other : basis) {
      const std::vector<double> along = dots(v, other);
      v = v - scale_rows(other, along);
      for (std::size_t i = 0; i < rows; ++i) columns[i].push_back(along[i]);
    }
    std::vector<double> lengths = row_norms(v);
    for (std::size_t i = 0; i < rows; ++i)
      lengths[i] = problems[i].done() ? 0 : problems[i].add(std::move(columns[i]), lengths[i], tolerance);
    basis.push_back(scale_rows(v, inverse(lengths)));
  }
  std::vector<std::vector<double>> weights(basis.size(), std::vector<double>(rows));
  for (std::size_t i = 0; i < rows; ++i) {
    const std::vector<double> own = problems[i].weights();
    for (std::size_t j = 0; j < own.size(); ++j) weights[j][i] = own[j];
  }
  Tensor x = scale_rows(basis[0], weights[0]);
  for (std::size_t j = 1; j < basis.size(); ++j) x = x + scale_rows(basis[j], weights[j]);
  return x;
}

}  // namespace fokker::detail
