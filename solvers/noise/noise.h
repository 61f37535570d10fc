#pragma once

#include <cstdint>

#include "fokker/core/base/tensor.h"
#include "fokker/core/ops/rng.h"

namespace fokker {

/// A Brownian path B over one interval of length h, given by its first coefficients
/// [foster2020], which are independent normals:
///   W = B(t + h) − B(t) ~ N(0, h);
///   H = (1/h) ∫ A(s) ds ~ N(0, h/12), the space-time Lévy area, with A(s) = B(t + s) − B(t) − (s/h) W;
///   K = (1/h²) ∫ A(s) (h/2 − s) ds ~ N(0, h/720), the space-time-time Lévy area.
/// The iterated integral I(1,0) = ∫ (B(t + s) − B(t)) ds is h (W/2 + H).
struct BrownianIncrement {
  Tensor w, h, k;
};

/// Returns the increment over two adjacent intervals, with those coefficients that both parts have.
BrownianIncrement join(const BrownianIncrement& first, double first_length, const BrownianIncrement& second,
                       double second_length);

/// Returns the increment of the path run backwards, from t1 to t0:  −W, H, −K.
BrownianIncrement reversed(const BrownianIncrement& b);

/// Gives the increments of every interval of a time grid.  They are keyed by (seed, sample), so that sample i has the
/// same path in any batch.
class BrownianMotion {
 public:
  virtual ~BrownianMotion() = default;
  /// Returns the increment of step `step`, from t0 to t1; |t1 − t0| is the step's length.  `areas` says which
  /// coefficients are wanted; 0: W alone, 1: W and H, 2: W, H and K.
  virtual BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const = 0;
};

/// Independent increments for each step: the fast path for a fixed grid.
class SequentialNoise final : public BrownianMotion {
 public:
  /// Sample i of a batch of shape[0] samples has index first_sample + i.
  SequentialNoise(std::uint64_t seed, Shape shape, Dtype dtype = Dtype::f32, std::int64_t first_sample = 0,
                  Stream w = Stream::brownian, Stream h = Stream::levy_area);
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override;

 private:
  Rng w_, h_, k_;
  Shape shape_;
  Dtype dtype_;
  std::int64_t first_sample_;
};

namespace detail {
/// Returns the number of the first element of sample `first_sample` in a stream.
std::uint64_t first_element(const Shape& shape, std::int64_t first_sample);
}  // namespace detail

}  // namespace fokker
