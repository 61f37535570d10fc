#include "fokker/solvers/noise/noise.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

BrownianIncrement join(const BrownianIncrement& first, double p, const BrownianIncrement& second, double q) {
  const double h = p + q, skew = 0.5 * p * q / (h * h);
  BrownianIncrement b{first.w + second.w, {}, {}};
  if (!first.h.defined() || !second.h.defined()) return b;
  const Tensor bend = weighted_sum({{0.5 * q / h, first.w}, {-0.5 * p / h, second.w}});
  b.h = weighted_sum({{1, bend}, {p / h, first.h}, {q / h, second.h}});
  if (!first.k.defined() || !second.k.defined()) return b;
  const Tensor twist = weighted_sum({{(q - p) / (6 * h), bend}, {skew, first.h}, {-skew, second.h}});
  b.k = weighted_sum({{1, twist}, {p * p / (h * h), first.k}, {q * q / (h * h), second.k}});
  return b;
}

BrownianIncrement reversed(const BrownianIncrement& b) {
  return {b.w.defined() ? -b.w : b.w, b.h, b.k.defined() ? -b.k : b.k};
}

SequentialNoise::SequentialNoise(std::uint64_t seed, Shape shape, Dtype dtype, std::int64_t first_sample, Stream w,
                                 Stream h)
    : w_(seed, w),
      h_(seed, h),
      k_(seed, Stream::third_area),
      shape_(shape),
      dtype_(dtype),
      first_sample_(first_sample) {
  require<ShapeError>(shape.rank() > 0, "[noise] expected a shape [B, ...], got a scalar");
}

BrownianIncrement SequentialNoise::increment(std::int64_t step, double t0, double t1, int areas) const {
  const auto place = static_cast<std::uint32_t>(step);
  const std::uint64_t first = detail::first_element(shape_, first_sample_);
  const double length = std::abs(t1 - t0);
  BrownianIncrement b{w_.at(place).normal(shape_, dtype_, first) * std::sqrt(length), {}, {}};
  if (areas > 0) b.h = h_.at(place).normal(shape_, dtype_, first) * std::sqrt(length / 12);
  if (areas > 1) b.k = k_.at(place).normal(shape_, dtype_, first) * std::sqrt(length / 720);
  return b;
}

namespace detail {

std::uint64_t first_element(const Shape& shape, std::int64_t first_sample) {
  return static_cast<std::uint64_t>(first_sample * (shape[0] > 0 ? shape.size() / shape[0] : 0));
}

}  // namespace detail
}  // namespace fokker
