#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// A linear map A of samples to measurements, x [B, …] → A x [B, …]: what is seen of a sample.  All methods are off the tape,
/// and the bits of a row depend on that row alone.
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;
  /// Shapes of one sample and of one measurement.
  const Shape& input() const { return input_; }
  const Shape& output() const { return output_; }

  /// A x and Aᵀ y.  Throw ShapeError for rows of another shape.
  Tensor apply(const Tensor& x) const;
  Tensor adjoint(const Tensor& y) const;
  /// (a A Aᵀ + b I)⁻¹ y for a, b ≥ 0; the pseudo-inverse where b = 0.
  Tensor solve(const Tensor& y, double a, double b) const;
  /// log det(a A Aᵀ + b I)
  virtual double log_determinant(double a, double b) const = 0;

 protected:
  LinearOperator(const Shape& input, const Shape& output) : input_(input), output_(output) {}

 private:
  virtual Tensor apply_rows(const Tensor& x) const = 0;
  virtual Tensor adjoint_rows(const Tensor& y) const = 0;
  virtual Tensor solve_rows(const Tensor& y, double a, double b) const = 0;
  void check(const Tensor& rows, const Shape& expected, const char* what) const;

  Shape input_, output_;
};

using Operator = std::shared_ptr<const LinearOperator>;

/// The elements of a sample that are known, [M]; `known` says for each element whether it is.  Throws ConfigError where all or
/// none are.
Operator masking(const Shape& sample, const std::vector<bool>& known);

/// X ↦ L X Rᵀ for each channel of an image [H, W, C], with L [M, H] and R [N, W].
Operator separable(const Shape& image, const Tensor& left, const Tensor& right);

/// A matrix [M, D] times the D elements of a sample.
Operator dense(const Shape& sample, const Tensor& matrix);

/// Means over blocks of factor × factor pixels, or of `factor` values of a signal: super-resolution is its inverse problem.
/// Throws ConfigError unless `factor` divides the size.
Operator average_pooling(const Shape& sample, std::int64_t factor);

/// Convolution with a Gaussian of this deviation in pixels, along both axes of an image or along a signal; each pixel's weights
/// sum to one at the edges, too.
Operator gaussian_blur(const Shape& sample, double deviation);

/// Compressed sensing: `measurements` rows of independent N(0, 1/measurements) numbers.
Operator random_projection(const Shape& sample, std::int64_t measurements, std::uint64_t seed);

}  // namespace fokker
