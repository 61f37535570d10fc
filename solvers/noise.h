#pragma once

#include <cstdint>
#include <vector>

#include "fokker/core/rng.h"
#include "fokker/core/tensor.h"

namespace fokker {

/// A Brownian path B over one interval of length h: W = B(t + h) − B(t), and the space-time Lévy area
/// H = (1/h) ∫ (B(s) − B(t) − (s − t)/h W) ds ~ N(0, h/12), independent of W.
struct BrownianIncrement {
  Tensor w, h;
};

/// Gives (W, H) of every interval of a time grid, keyed by (seed, sample).
class BrownianMotion {
 public:
  virtual ~BrownianMotion() = default;
  /// The increment of step `step`, from t0 to t1; |t1 − t0| is its length.  `with_area` says whether H is wanted.
  virtual BrownianIncrement increment(std::int64_t step, double t0, double t1, bool with_area) const = 0;
};

/// Independent increments per step: the fast path of a fixed grid.
class SequentialNoise final : public BrownianMotion {
 public:
  /// Sample i of the batch has index first_sample + i.
  SequentialNoise(std::uint64_t seed, Shape shape, Dtype dtype = Dtype::f32, std::int64_t first_sample = 0,
                  Stream w = Stream::brownian, Stream h = Stream::levy_area);
  BrownianIncrement increment(std::int64_t step, double t0, double t1, bool with_area) const override;

 private:
  Rng w_, h_;
  Shape shape_;
  Dtype dtype_;
  std::int64_t first_sample_;
};

}  // namespace fokker
