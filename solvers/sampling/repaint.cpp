// Ancestral sampling that goes back up and down again [lugmayr2022].

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {
namespace {

/// Steps and jumps, each with fresh noise by its number.
class Walk {
 public:
  Walk(const Shard& shard, const Passage& passage, const Tensor& x)
      : shard_(shard), passage_(passage), y_(passage.enter(x)) {}
  const Tensor& y() const { return y_; }

  /// The posterior of level b given D and the state of level a, as `ancestral`.
  void down(const Level& a, const Level& b) {
    const double kept = std::exp(2 * (a.lambda - b.lambda));
    const Tensor data = passage_.denoised(y_, a);
    y_ = weighted_sum({{kept, y_}, {1 - kept, data}, {b.s * std::sqrt(1 - kept), noise()}});
  }
  void up(const Level& b, const Level& a) {
    y_ = weighted_sum({{1, y_}, {std::sqrt((a.s - b.s) * (a.s + b.s)), noise()}});
  }

 private:
  Tensor noise() {
    const Rng rng(shard_.config.seed, Stream::corrector, drawn_++);
    return rng.normal(shard_.shape, shard_.dtype, first_element(shard_.shape, shard_.first));
  }

  const Shard& shard_;
  const Passage& passage_;
  Tensor y_;
  std::uint32_t drawn_ = 0;
};

}  // namespace

Tensor run_repaint(const Shard& shard, Tensor x) {
  const Passage passage(shard);
  const ResampleConfig& resample = shard.config.resample;
  Walk walk(shard, passage, x);
  for (std::int64_t begin = 0; begin < passage.steps(); begin += resample.jump) {
    const std::int64_t end = std::min(begin + resample.jump, passage.steps());
    for (std::int64_t pass = 1; pass <= resample.repeats; ++pass) {
      const bool last = pass == resample.repeats;
      for (std::int64_t i = begin; i < end; ++i) {
        walk.down(passage.level(i), passage.level(i + 1));
        if (last) passage.arrive(i, walk.y());
      }
      if (!last) walk.up(passage.level(end), passage.level(begin));
    }
  }
  return passage.leave(walk.y());
}

}  // namespace fokker::detail
