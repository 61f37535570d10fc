#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// A linear map A from samples to measurements, x [B, …] → A x [B, …].  All methods are off the tape, and the bits of a
/// row depend on that row alone.
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;
  /// Return the shapes of one sample and of one measurement.
  const Shape& input() const { return input_; }
  const Shape& output() const { return output_; }

  /// Return A x and Aᵀ y.  Throw ShapeError for rows of another shape.
  Tensor apply(const Tensor& x) const;
  Tensor adjoint(const Tensor& y) const;
  /// Returns (a A Aᵀ + b I)⁻¹ y for a, b ≥ 0, or the pseudo-inverse times y where b = 0.
  /// Throws ConfigError for a or b < 0, or both 0.
  Tensor solve(const Tensor& y, double a, double b) const;
  /// Returns log det(a A Aᵀ + b I).
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

/// Makes the map to the known elements of a sample, [M]; `known` says for each element whether it is known.  Throws
/// ConfigError where all elements are known or none is.
Operator masking(const Shape& sample, const std::vector<bool>& known);

/// Makes the map X ↦ L X Rᵀ for each channel of an image [H, W, C], with L [M, H] and R [N, W].
Operator separable(const Shape& image, const Tensor& left, const Tensor& right);

/// Makes the map that multiplies the D elements of a sample by a matrix [M, D].
Operator dense(const Shape& sample, const Tensor& matrix);

/// Makes the map to means over blocks of factor × factor pixels, or of `factor` values of a signal.  The inverse
/// problem of this map is super-resolution.  Throws ConfigError unless `factor` is above 1 and divides the size.
Operator average_pooling(const Shape& sample, std::int64_t factor);

/// Makes the convolution with a Gaussian of this deviation in pixels, along both axes of an image or along a signal.
/// Each pixel's weights sum to one, also at the edges.  Throws ConfigError unless the deviation is above 0.
Operator gaussian_blur(const Shape& sample, double deviation);

/// Makes a map for compressed sensing: `measurements` rows of independent N(0, 1/measurements) numbers.  Throws
/// ConfigError for less than one measurement or more than a sample has elements.
Operator random_projection(const Shape& sample, std::int64_t measurements, std::uint64_t seed);

}  // namespace fokker
