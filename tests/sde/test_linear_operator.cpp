#include <Eigen/Dense>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"
#include "fokker/sde/linear_operator.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

struct Case {
  const char* name;
  Operator op;
};

std::vector<Case> cases() {
  const Shape image{4, 6, 2}, signal{12};
  std::vector<bool> known(48);
  for (std::size_t i = 0; i < known.size(); ++i) known[i] = i % 3 != 1;
  const Tensor left = Rng(1).normal({3, 4}, Dtype::f64), right = Rng(2).normal({5, 6}, Dtype::f64);
  return {{"mask", masking(image, known)},
          {"separable", separable(image, left, right)},
          {"super-resolution", average_pooling(image, 2)},
          {"super-resolution of a signal", average_pooling(signal, 3)},
          {"blur", gaussian_blur(image, 0.8)},
          {"blur of a signal", gaussian_blur(signal, 0.8)},
          {"compressed", random_projection(signal, 5, 3)},
          {"dense", dense(signal, Rng(4).normal({7, 12}, Dtype::f64))}};
}

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

/// A as a matrix, column by column.
Eigen::MatrixXd matrix_of(const LinearOperator& op) {
  Eigen::MatrixXd matrix(op.output().size(), op.input().size());
  for (std::int64_t j = 0; j < matrix.cols(); ++j) {
    Tensor unit = Tensor::zeros(with_axis(op.input(), 0, 1), Dtype::f64);
    unit.data<double>()[static_cast<std::size_t>(j)] = 1;
    const Tensor column = op.apply(unit);
    for (std::int64_t i = 0; i < matrix.rows(); ++i) matrix(i, j) = column.at(i);
  }
  return matrix;
}

}  // namespace

TEST_CASE("the adjoint of every operator is its transpose, and the solve the inverse of a A A' + b I") {
  for (const auto& [name, op] : cases()) {
    INFO(name);
    const Tensor x = Rng(5).normal(with_axis(op->input(), 0, 3), Dtype::f64);
    const Tensor y = Rng(6).normal(with_axis(op->output(), 0, 3), Dtype::f64);
    CHECK(dot(op->apply(x), y) == Approx(dot(x, op->adjoint(y))).epsilon(1e-12));
    const Tensor solved = op->solve(y, 0.7, 0.2);
    const Tensor back = op->apply(op->adjoint(solved)) * 0.7 + solved * 0.2;
    CHECK(largest_difference(back, y) < 1e-12);
    CHECK(largest_difference(op->solve(cast(y, Dtype::f32), 0.7, 0.2), solved) < 1e-5);
    const Eigen::MatrixXd a = matrix_of(*op);
    const Eigen::MatrixXd gram = 0.7 * a * a.transpose() + 0.2 * Eigen::MatrixXd::Identity(a.rows(), a.rows());
    CHECK(op->log_determinant(0.7, 0.2) == Approx(std::log(gram.determinant())).epsilon(1e-10));
  }
}

TEST_CASE("rows of an operator depend on themselves alone") {
  for (const auto& [name, op] : cases()) {
    INFO(name);
    const Tensor x = Rng(5).normal(with_axis(op->input(), 0, 9)), y = op->apply(x);
    CHECK(op->apply(x.rows(4, 5)).to_vector() == y.rows(4, 5).to_vector());
    CHECK(op->solve(y.rows(4, 5), 1, 0.1).to_vector() == op->solve(y, 1, 0.1).rows(4, 5).to_vector());
  }
}

TEST_CASE("operators see what they say") {
  const Tensor x = Tensor::from({1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 4, 1}, Dtype::f64);
  CHECK(average_pooling({2, 4, 1}, 2)->apply(x).to_vector() == std::vector<double>{3.5, 5.5});
  CHECK(masking({2, 4, 1}, {true, false, false, true, false, false, false, true})->apply(x).to_vector() ==
        std::vector<double>{1, 4, 8});
  const Tensor flat = gaussian_blur({2, 4, 1}, 1.5)->apply(Tensor::full({1, 2, 4, 1}, 3, Dtype::f64));
  for (const double value : flat.to_vector()) CHECK(value == Approx(3).epsilon(1e-14));
  const Tensor impulse = Tensor::from({0, 0, 0, 1, 0, 0, 0}, {1, 7}, Dtype::f64);
  const auto blurred = gaussian_blur({7}, 0.6)->apply(impulse);
  CHECK(blurred.at(2) / blurred.at(3) == Approx(std::exp(-0.5 / 0.36)).epsilon(2e-3));  // but for the edges' weights
  const Tensor unit = Tensor::full({1, 2000}, 1, Dtype::f64);
  const double squares = sum(square(random_projection({2000}, 50, 3)->apply(unit))).item();
  CHECK(squares == Approx(2000).epsilon(5 * std::sqrt(2.0 / 50)));  // a chi square law of 50 degrees
}

TEST_CASE("a singular operator is inverted on its range") {
  const Tensor matrix = Tensor::from({1, 2, 0, 2, 4, 0}, {2, 3}, Dtype::f64);  // of rank one
  const auto op = dense({3}, matrix);
  const Tensor y = Tensor::from({1, 2}, {1, 2}, Dtype::f64);
  const Tensor solved = op->solve(y, 1, 0);
  CHECK(largest_difference(op->apply(op->adjoint(solved)), y) < 1e-12);
}

TEST_CASE("operators that fit nothing are refused") {
  CHECK_THROWS_AS(masking({2, 2, 1}, {true, true, true, true}), ConfigError);
  CHECK_THROWS_AS(masking({2, 2, 1}, {false, false, false, false}), ConfigError);
  CHECK_THROWS_AS(masking({2, 2, 1}, {true, false}), ShapeError);
  CHECK_THROWS_AS(average_pooling({5, 4, 1}, 2), ConfigError);
  CHECK_THROWS_AS(average_pooling({4, 4, 1}, 1), ConfigError);
  CHECK_THROWS_AS(gaussian_blur({4, 4, 1}, 0), ConfigError);
  CHECK_THROWS_AS(random_projection({12}, 13, 0), ConfigError);
  CHECK_THROWS_AS(dense({12}, Tensor::ones({3, 11})), ShapeError);
  CHECK_THROWS_AS(separable({4, 4, 1}, Tensor::ones({3, 5}), Tensor::ones({3, 4})), ShapeError);
  const auto op = average_pooling({4, 4, 1}, 2);
  CHECK_THROWS_AS(op->apply(Tensor::zeros({1, 4, 5, 1})), ShapeError);
  CHECK_THROWS_AS(op->adjoint(Tensor::zeros({1, 4, 4, 1})), ShapeError);
  CHECK_THROWS_AS(op->solve(Tensor::zeros({1, 2, 2, 1}), 0, 0), ConfigError);
}
