#pragma once

#include <cstdint>
#include <vector>

#include "fokker/core/rng.h"
#include "fokker/core/tensor.h"

namespace fokker {

/// A Brownian path B over one interval of length h: W = B(t + h) − B(t), and the space-time Lévy area [foster2020]
/// H = (1/h) ∫ (B(s) − B(t) − (s − t)/h W) ds ~ N(0, h/12), independent of W.  The iterated integral
/// I(1,0) = ∫ (B(s) − B(t)) ds is h (W/2 + H).
struct BrownianIncrement {
  Tensor w, h;
};

/// The increment over two adjacent intervals of equal length.
BrownianIncrement join(const BrownianIncrement& first, const BrownianIncrement& second);

/// Gives (W, H) of every interval of a time grid, keyed by (seed, sample): sample i has the same path in any batch.
class BrownianMotion {
 public:
  virtual ~BrownianMotion() = default;
  /// The increment of step `step`, from t0 to t1; |t1 − t0| is its length.  `with_area` says whether H is wanted.
  virtual BrownianIncrement increment(std::int64_t step, double t0, double t1, bool with_area) const = 0;
};

/// Independent increments per step: the fast path of a fixed grid.
class SequentialNoise final : public BrownianMotion {
 public:
  /// Sample i of the batch, shape[0] samples, has index first_sample + i.
  SequentialNoise(std::uint64_t seed, Shape shape, Dtype dtype = Dtype::f32, std::int64_t first_sample = 0,
                  Stream w = Stream::brownian, Stream h = Stream::levy_area);
  BrownianIncrement increment(std::int64_t step, double t0, double t1, bool with_area) const override;

 private:
  Rng w_, h_;
  Shape shape_;
  Dtype dtype_;
  std::int64_t first_sample_;
};

/// One path on [begin, end] (begin > end: backwards), seen at any of its dyadic subdivisions: 1, 2, 4, … 2^20 equal steps
/// show the same B.  Refinement splits (W, H) at the midpoint by its conditional law [foster2020], so that nothing is
/// stored but the branch of the tree last visited.  One object belongs to one thread.
class BrownianPath final : public BrownianMotion {
 public:
  BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype = Dtype::f32,
               std::int64_t first_sample = 0);
  /// Throws ConfigError unless [t0, t1] is a cell of a dyadic subdivision; `step` plays no part.
  BrownianIncrement increment(std::int64_t step, double t0, double t1, bool with_area) const override;

 private:
  Tensor normal(Stream stream, std::uint32_t node, double variance) const;
  BrownianIncrement cell(int level, std::uint32_t index) const;
  BrownianIncrement child(const BrownianIncrement& parent, double length, std::uint32_t node, bool second) const;

  std::uint64_t seed_;
  Shape shape_;
  double begin_, end_;
  Dtype dtype_;
  std::int64_t first_sample_;
  struct Visited {
    std::uint32_t index;
    BrownianIncrement increment;
  };
  mutable std::vector<Visited> branch_;  // by level
};

}  // namespace fokker
