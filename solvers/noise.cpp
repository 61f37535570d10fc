#include "fokker/solvers/noise.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

/// Number of the first element of sample `first_sample` in a stream.
std::uint64_t first_element(const Shape& shape, std::int64_t first_sample) {
  return static_cast<std::uint64_t>(first_sample * (shape[0] > 0 ? shape.size() / shape[0] : 0));
}

}  // namespace

BrownianIncrement join(const BrownianIncrement& first, const BrownianIncrement& second) {
  const Tensor half_area = weighted_sum({{0.5, first.h}, {0.5, second.h}});
  return {first.w + second.w, weighted_sum({{1, half_area}, {0.25, first.w}, {-0.25, second.w}})};
}

SequentialNoise::SequentialNoise(std::uint64_t seed, Shape shape, Dtype dtype, std::int64_t first_sample, Stream w,
                                 Stream h)
    : w_(seed, w), h_(seed, h), shape_(shape), dtype_(dtype), first_sample_(first_sample) {
  require<ShapeError>(shape.rank() > 0, "[noise] expected a shape [B, ...], got a scalar");
}

BrownianIncrement SequentialNoise::increment(std::int64_t step, double t0, double t1, bool with_area) const {
  const auto place = static_cast<std::uint32_t>(step);
  const std::uint64_t first = first_element(shape_, first_sample_);
  const double length = std::abs(t1 - t0);
  BrownianIncrement result{w_.at(place).normal(shape_, dtype_, first) * std::sqrt(length), {}};
  if (with_area) result.h = h_.at(place).normal(shape_, dtype_, first) * std::sqrt(length / 12);
  return result;
}

BrownianPath::BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype,
                           std::int64_t first_sample)
    : seed_(seed), shape_(shape), begin_(begin), end_(end), dtype_(dtype), first_sample_(first_sample) {
  require<ShapeError>(shape.rank() > 0, "[noise] expected a shape [B, ...], got a scalar");
  require<ConfigError>(begin != end, "[noise] expected a time interval, got [{}, {}]", begin, end);
}

Tensor BrownianPath::normal(Stream stream, std::uint32_t node, double variance) const {
  return Rng(seed_, stream, node).normal(shape_, dtype_, first_element(shape_, first_sample_)) * std::sqrt(variance);
}

BrownianIncrement BrownianPath::child(const BrownianIncrement& parent, double length, std::uint32_t node,
                                      bool second) const {
  // Given (W, H) over h:  W₁ = ½W + 3/2 H + Z,  H₁ = ¼H − ½Z + ½N,  Z ~ N(0, h/16), N ~ N(0, h/12); the other half
  // has W − W₁ and −½N.
  const double side = second ? -1 : 1;
  const Tensor z = normal(Stream::brownian, node, length / 16), n = normal(Stream::levy_area, node, length / 12);
  return {weighted_sum({{0.5, parent.w}, {1.5 * side, parent.h}, {side, z}}),
          weighted_sum({{0.25, parent.h}, {-0.5, z}, {0.5 * side, n}})};
}

BrownianIncrement BrownianPath::cell(int level, std::uint32_t index) const {
  const double length = std::abs(end_ - begin_);
  // Nodes are numbered like a heap: 0 the root's own numbers, node 2^l + i the split of cell i at level l.
  if (branch_.empty())
    branch_.push_back({0, {normal(Stream::brownian, 0, length), normal(Stream::levy_area, 0, length / 12)}});
  for (int l = 1; l <= level; ++l) {
    const std::uint32_t at = index >> (level - l);
    if (static_cast<int>(branch_.size()) > l) {
      if (branch_[static_cast<std::size_t>(l)].index == at) continue;
      branch_.resize(static_cast<std::size_t>(l));
    }
    const BrownianIncrement parent = branch_.back().increment;
    const std::uint32_t node = (1U << (l - 1)) + (at >> 1);
    branch_.push_back({at, child(parent, std::ldexp(length, 1 - l), node, (at & 1U) != 0)});
  }
  return branch_[static_cast<std::size_t>(level)].increment;
}

BrownianIncrement BrownianPath::increment(std::int64_t, double t0, double t1, bool) const {
  const double cells = (end_ - begin_) / (t1 - t0);
  const double level = std::round(std::log2(std::max(cells, 1.0)));
  const double index = (t0 - begin_) / (end_ - begin_) * std::exp2(level);
  require<ConfigError>(level <= 20 && std::abs(cells - std::exp2(level)) < 1e-6 * cells &&
                           std::abs(index - std::round(index)) < 1e-3 && index > -0.5 && index < std::exp2(level) - 0.5,
                       "[noise] [{}, {}] is no cell of a dyadic subdivision of [{}, {}]; take 2^k equal steps", t0, t1,
                       begin_, end_);
  return cell(static_cast<int>(level), static_cast<std::uint32_t>(std::round(index)));
}

}  // namespace fokker
