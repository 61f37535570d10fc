#include "fokker/sde/linear_operator.h"

#include <Eigen/Eigenvalues>
#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// A constant matrix in both dtypes.
struct Constant {
  Tensor f64, f32;
  explicit Constant(const Tensor& values) : f64(cast(values, Dtype::f64)), f32(cast(values, Dtype::f32)) {}
  const Tensor& as(Dtype dtype) const { return dtype == Dtype::f32 ? f32 : f64; }
};

/// One of the two matrices K of a separable map, with K Kᵀ = U diag(λ) Uᵀ.
struct Factor {
  Constant matrix, basis;
  std::vector<double> eigenvalues;
  explicit Factor(const Tensor& k) : Factor(k, decompose(k)) {}
  std::int64_t rows() const { return matrix.f64.extent(0); }

 private:
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Decomposition = Eigen::SelfAdjointEigenSolver<Matrix>;
  static Decomposition decompose(const Tensor& k) {
    const Tensor values = cast(k, Dtype::f64);
    const Eigen::Map<const Matrix> m(values.data<double>().data(), k.extent(0), k.extent(1));
    return Decomposition(m * m.transpose());
  }
  static Tensor vectors(const Decomposition& of) {
    const Matrix u = of.eigenvectors();
    return Tensor::from(std::span<const double>(u.data(), static_cast<std::size_t>(u.size())), {u.rows(), u.cols()},
                        Dtype::f64);
  }
  Factor(const Tensor& k, const Decomposition& of) : matrix(k), basis(vectors(of)) {
    for (const double value : of.eigenvalues()) eigenvalues.push_back(std::max(value, 0.0));
  }
};

/// K or Kᵀ along the middle axis of x [outer, n, inner].
Tensor along(const Tensor& x, const Tensor& k, Transpose transposed) {
  const std::int64_t outer = x.extent(0), inner = x.extent(2);
  const Transpose other = transposed == Transpose::yes ? Transpose::no : Transpose::yes;
  const std::int64_t m = transposed == Transpose::yes ? k.extent(1) : k.extent(0);
  const Tensor last = matmul(reshape(permute(x, {0, 2, 1}), {outer * inner, x.extent(1)}), k, Transpose::no, other);
  return permute(reshape(last, {outer, inner, m}), {0, 2, 1});
}

class Masking final : public LinearOperator {
 public:
  Masking(const Shape& sample, std::vector<std::int64_t> places)
      : LinearOperator(sample, {std::ssize(places)}), places_(std::move(places)) {}
  double log_determinant(double a, double b) const override {
    return static_cast<double>(places_.size()) * std::log(a + b);
  }

 private:
  Tensor apply_rows(const Tensor& x) const override {
    Tensor y = Tensor::empty(with_axis(output(), 0, x.extent(0)), x.dtype());
    visit(x.dtype(), [&]<class T>(T) {
      const auto from = x.data<T>();
      auto to = y.data<T>();
      each([&](std::size_t row, std::size_t m, std::size_t d) { to[row + m] = from[d]; }, x.extent(0));
    });
    return y;
  }
  Tensor adjoint_rows(const Tensor& y) const override {
    Tensor x = Tensor::zeros(with_axis(input(), 0, y.extent(0)), y.dtype());
    visit(y.dtype(), [&]<class T>(T) {
      const auto from = y.data<T>();
      auto to = x.data<T>();
      each([&](std::size_t row, std::size_t m, std::size_t d) { to[d] = from[row + m]; }, y.extent(0));
    });
    return x;
  }
  Tensor solve_rows(const Tensor& y, double a, double b) const override { return y * (1 / (a + b)); }

  /// Calls f for each place of the measurements with the place of its element in the samples.
  template <class F>
  void each(F&& f, std::int64_t rows) const {
    const auto width = static_cast<std::size_t>(input().size());
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i)
      for (std::size_t m = 0; m < places_.size(); ++m)
        f(i * places_.size(), m, i * width + static_cast<std::size_t>(places_[m]));
  }

  std::vector<std::int64_t> places_;
};

class Separable final : public LinearOperator {
 public:
  /// The sample as [height, width, channels].
  Separable(const Shape& sample, const Shape& output, const Shape& image, Factor left, Factor right)
      : LinearOperator(sample, output), image_(image), left_(std::move(left)), right_(std::move(right)) {}
  double log_determinant(double a, double b) const override {
    double sum = 0;
    for (const double l : left_.eigenvalues)
      for (const double r : right_.eigenvalues) sum += std::log(a * l * r + b);
    return sum * static_cast<double>(image_[2]);
  }

 private:
  Tensor both(const Tensor& x, const Tensor& left, const Tensor& right, Transpose transposed) const {
    const std::int64_t n = x.extent(0), c = image_[2];
    const bool back = transposed == Transpose::yes;
    const std::int64_t h = left.extent(back ? 0 : 1), w = right.extent(back ? 0 : 1);
    const Tensor rows = along(reshape(x, {n, h, w * c}), left, transposed);
    const Tensor all = along(reshape(rows, {n * rows.extent(1), w, c}), right, transposed);
    return reshape(all, {n, rows.extent(1), all.extent(1), c});
  }
  Tensor apply_rows(const Tensor& x) const override {
    const Tensor y = both(x, left_.matrix.as(x.dtype()), right_.matrix.as(x.dtype()), Transpose::no);
    return reshape(y, with_axis(output(), 0, x.extent(0)));
  }
  Tensor adjoint_rows(const Tensor& y) const override {
    const Tensor x = both(y, left_.matrix.as(y.dtype()), right_.matrix.as(y.dtype()), Transpose::yes);
    return reshape(x, with_axis(input(), 0, y.extent(0)));
  }
  Tensor solve_rows(const Tensor& y, double a, double b) const override {
    const Tensor &u = left_.basis.as(y.dtype()), &v = right_.basis.as(y.dtype());
    const Tensor rotated = both(y, u, v, Transpose::yes) * Tensor::from(weights(a, b), weights_shape(), y.dtype());
    return reshape(both(rotated, u, v, Transpose::no), y.shape());
  }
  Shape weights_shape() const { return {left_.rows(), right_.rows(), 1}; }
  /// Where b = 0, directions in which A Aᵀ is no larger than rounding are left out.
  std::vector<double> weights(double a, double b) const {
    const double least = 1e-8 * left_.eigenvalues.back() * right_.eigenvalues.back();
    std::vector<double> all;
    for (const double l : left_.eigenvalues)
      for (const double r : right_.eigenvalues) all.push_back(b > 0 || l * r > least ? 1 / (a * l * r + b) : 0);
    return all;
  }

  Shape image_;
  Factor left_, right_;
};

/// A sample as an image: signals [length] and points [D] are columns.
Shape as_image(const Shape& sample) {
  if (sample.rank() == 3) return sample;
  return {sample.size(), 1, 1};
}

Tensor square_matrix(std::int64_t n, const std::function<double(std::int64_t i, std::int64_t j)>& weight) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < n; ++j) values.push_back(weight(i, j)), sum += values.back();
    for (std::int64_t j = 0; j < n; ++j) values[values.size() - 1 - static_cast<std::size_t>(j)] /= sum;
  }
  return Tensor::from(values, {n, n}, Dtype::f64);
}

Tensor pooling_matrix(std::int64_t n, std::int64_t factor) {
  Tensor matrix = Tensor::zeros({n / factor, n}, Dtype::f64);
  auto values = matrix.data<double>();
  for (std::int64_t j = 0; j < n; ++j)
    values[static_cast<std::size_t>(j / factor * n + j)] = 1 / static_cast<double>(factor);
  return matrix;
}

Operator along_axes(const Shape& sample, const std::function<Tensor(std::int64_t n)>& matrix) {
  if (sample.rank() == 3) return separable(sample, matrix(sample[0]), matrix(sample[1]));
  return dense(sample, matrix(sample.size()));
}

}  // namespace

void LinearOperator::check(const Tensor& rows, const Shape& expected, const char* what) const {
  require<ShapeError>(rows.rank() > 0 && without_axis(rows.shape(), 0) == expected,
                      "[operator] expected {} [B] + {}, got {}", what, expected, rows.shape());
}

Tensor LinearOperator::apply(const Tensor& x) const {
  const NoGrad off_tape;
  check(x, input_, "samples");
  return apply_rows(x);
}

Tensor LinearOperator::adjoint(const Tensor& y) const {
  const NoGrad off_tape;
  check(y, output_, "measurements");
  return adjoint_rows(y);
}

Tensor LinearOperator::solve(const Tensor& y, double a, double b) const {
  const NoGrad off_tape;
  check(y, output_, "measurements");
  require<ConfigError>(a >= 0 && b >= 0 && a + b > 0, "[operator] expected a, b >= 0 and not both 0, got {} and {}", a,
                       b);
  return solve_rows(y, a, b);
}

Operator masking(const Shape& sample, const std::vector<bool>& known) {
  require<ShapeError>(std::ssize(known) == sample.size(), "[mask] expected {} elements for samples {}, got {}",
                      sample.size(), sample, known.size());
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i]) places.push_back(static_cast<std::int64_t>(i));
  require<ConfigError>(!places.empty(), "[mask] expected a mask that leaves something known; this one hides all of {}",
                       sample);
  require<ConfigError>(places.size() < known.size(),
                       "[mask] expected a mask that hides something; this one matches nothing of {}", sample);
  return std::make_shared<Masking>(sample, std::move(places));
}

Operator separable(const Shape& image, const Tensor& left, const Tensor& right) {
  require<ShapeError>(image.rank() == 3, "[operator] expected images [height, width, channels], got {}", image);
  require<ShapeError>(
      left.rank() == 2 && right.rank() == 2 && left.extent(1) == image[0] && right.extent(1) == image[1],
      "[operator] expected matrices [M, {}] and [N, {}] for images {}, got {} and {}", image[0], image[1], image,
      left.shape(), right.shape());
  const Shape output{left.extent(0), right.extent(0), image[2]};
  return std::make_shared<Separable>(image, output, image, Factor(left), Factor(right));
}

Operator dense(const Shape& sample, const Tensor& matrix) {
  require<ShapeError>(matrix.rank() == 2 && matrix.extent(1) == sample.size(),
                      "[operator] expected a matrix [M, {}] for samples {}, got {}", sample.size(), sample,
                      matrix.shape());
  const Shape column{sample.size(), 1, 1};
  return std::make_shared<Separable>(sample, Shape{matrix.extent(0)}, column, Factor(matrix),
                                     Factor(Tensor::ones({1, 1}, Dtype::f64)));
}

Operator average_pooling(const Shape& sample, std::int64_t factor) {
  const Shape image = as_image(sample);
  const bool divides = factor > 1 && image[0] % factor == 0 && (sample.rank() < 3 || image[1] % factor == 0);
  require<ConfigError>(divides, "[super_resolution] expected a factor above 1 that divides the size of {}, got {}",
                       sample, factor);
  return along_axes(sample, [&](std::int64_t n) { return pooling_matrix(n, factor); });
}

Operator gaussian_blur(const Shape& sample, double deviation) {
  require<ConfigError>(deviation > 0, "[blur] expected a deviation above 0 pixels, got {}", deviation);
  return along_axes(sample, [&](std::int64_t n) {
    return square_matrix(n, [&](std::int64_t i, std::int64_t j) {
      const double z = static_cast<double>(i - j) / deviation;
      return std::exp(-0.5 * z * z);
    });
  });
}

Operator random_projection(const Shape& sample, std::int64_t measurements, std::uint64_t seed) {
  require<ConfigError>(measurements > 0 && measurements <= sample.size(),
                       "[compressed] expected 1 to {} measurements of samples {}, got {}", sample.size(), sample,
                       measurements);
  const Tensor normal = Rng(seed).normal({measurements, sample.size()}, Dtype::f64);
  return dense(sample, normal * (1 / std::sqrt(static_cast<double>(measurements))));
}

}  // namespace fokker
