#include "fokker/solvers/brownian_path.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

using Square = Eigen::Matrix3d;

/// The parts' (W, H, K) given the whole's:  part i = gain[i] · whole + √h noise[i] · ξ, one ξ ~ N(0, I₃) for both.
struct Conditional {
  Square gain[2], noise[2];
};

/// (W, H, K) of the whole as a linear function of a part's, `join` in matrix form, in units of the whole's length.
Square contribution(double length, bool second) {
  const double other = 1 - length, side = second ? -1 : 1, skew = 0.5 * length * other;
  Square m;
  m << 1, 0, 0,                       //
      side * 0.5 * other, length, 0,  //
      other * (other - length) / 12, side * skew, length * length;
  return m;
}

Conditional conditional(double first_length) {
  const Eigen::Vector3d unit(1, 1. / 12, 1. / 720);
  const double lengths[2] = {first_length, 1 - first_length};
  Square prior[2], join[2];
  Conditional result;
  for (int i = 0; i < 2; ++i) {
    prior[i] = (lengths[i] * unit).asDiagonal();
    join[i] = contribution(lengths[i], i == 1);
    result.gain[i] = prior[i] * join[i].transpose() * unit.cwiseInverse().asDiagonal();
  }
  // Conditional covariance; its rank is three, so that the first part's root determines the second's.
  const Square own = prior[0] - result.gain[0] * join[0] * prior[0];
  const Square cross = -result.gain[1] * join[0] * prior[0];
  result.noise[0] = own.llt().matrixL();
  result.noise[1] = result.noise[0].triangularView<Eigen::Lower>().solve(cross.transpose()).transpose();
  return result;
}

Tensor row(const Square& gain, const Square& noise, int i, const BrownianIncrement& whole,
           const BrownianIncrement& xi) {
  const Tensor mean = weighted_sum({{gain(i, 0), whole.w}, {gain(i, 1), whole.h}, {gain(i, 2), whole.k}});
  const Tensor fresh = weighted_sum({{noise(i, 0), xi.w}, {noise(i, 1), xi.h}, {noise(i, 2), xi.k}});
  return mean + fresh;
}

BrownianIncrement normals(std::uint64_t seed, std::int64_t node, const Shape& shape, Dtype dtype, std::uint64_t first) {
  const auto draw = [&](Stream stream) {
    return Rng(seed, stream, static_cast<std::uint32_t>(node)).normal(shape, dtype, first);
  };
  return {draw(Stream::brownian), draw(Stream::levy_area), draw(Stream::third_area)};
}

}  // namespace

BrownianPath::BrownianPath(std::uint64_t seed, Shape shape, double begin, double end, Dtype dtype,
                           std::int64_t first_sample, Split split)
    : seed_(seed), shape_(shape), begin_(begin), end_(end), dtype_(dtype), first_sample_(first_sample), split_(split) {
  require<ShapeError>(shape.rank() > 0, "[noise] expected a shape [B, ...], got a scalar");
  require<ConfigError>(std::isfinite(begin) && std::isfinite(end) && begin != end,
                       "[noise] expected a time interval, got [{}, {}]", begin, end);
  require<ConfigError>(split == Split::arithmetic || (begin > 0 && end > 0),
                       "[noise] geometric splits need times above 0, got [{}, {}]", begin, end);
  // Nodes are numbered like a heap: 0 the root's own numbers, node 2^l + i the cut of cell i at level l.
  const double length = std::abs(end_ - begin_);
  const BrownianIncrement xi = normals(seed, 0, shape, dtype, detail::first_element(shape, first_sample));
  whole_ = {xi.w * std::sqrt(length), xi.h * std::sqrt(length / 12), xi.k * std::sqrt(length / 720)};
  visited_.resize(leaf_level + 1);
}

double BrownianPath::time(double place) const {
  const double u = std::ldexp(place, -leaf_level);
  if (u == 1) return end_;
  return split_ == Split::arithmetic ? begin_ + (end_ - begin_) * u : begin_ * std::pow(end_ / begin_, u);
}

double BrownianPath::place(double t) const {
  const double u =
      split_ == Split::arithmetic ? (t - begin_) / (end_ - begin_) : std::log(t / begin_) / std::log(end_ / begin_);
  const double exact = std::ldexp(u, leaf_level), whole = std::round(exact);
  return std::abs(exact - whole) < 1e-4 ? whole : exact;  // rounding of the caller's grid
}

const BrownianPath::Parts& BrownianPath::cut(int level, std::int64_t index, double at) const {
  Parts& parts = visited_[static_cast<std::size_t>(level)];
  const std::int64_t node = (std::int64_t{1} << level) + index, width = std::int64_t{1} << (leaf_level - level);
  if (parts.node == node && parts.at == at) return parts;
  const BrownianIncrement whole = cell(level, index);
  const double from = time(static_cast<double>(index * width)), to = time(static_cast<double>((index + 1) * width));
  const Conditional law = conditional((time(at) - from) / (to - from));
  const double scale = std::sqrt(std::abs(to - from));
  const BrownianIncrement xi = normals(seed_, node, shape_, dtype_, detail::first_element(shape_, first_sample_));
  for (int i = 0; i < 2; ++i) {
    const Square noise = scale * law.noise[i];
    const auto coefficient = [&](int r) { return row(law.gain[i], noise, r, whole, xi); };
    parts.part[static_cast<std::size_t>(i)] = {coefficient(0), coefficient(1), coefficient(2)};
  }
  parts.node = node, parts.at = at;
  return parts;
}

BrownianIncrement BrownianPath::cell(int level, std::int64_t index) const {
  if (level == 0) return whole_;
  const std::int64_t parent = index >> 1;
  const double middle = (static_cast<double>(parent) + 0.5) * std::ldexp(1.0, leaf_level - level + 1);
  return cut(level - 1, parent, middle).part[static_cast<std::size_t>(index & 1)];
}

void BrownianPath::collect(int level, std::int64_t index, std::array<double, 2> range, Piece& sum) const {
  const auto [from, to] = range;
  const double width = std::ldexp(1.0, leaf_level - level);
  const double low = static_cast<double>(index) * width, high = low + width;
  if (to <= low || from >= high) return;
  const auto add = [&](const BrownianIncrement& b, double a, double z) {
    const double length = std::abs(time(z) - time(a));
    sum.b = sum.length == 0 ? b : join(sum.b, sum.length, b, length);
    sum.length += length;
  };
  if (from <= low && to >= high) return add(cell(level, index), low, high);
  if (level < leaf_level) {
    collect(level + 1, 2 * index, range, sum);
    collect(level + 1, 2 * index + 1, range, sum);
  } else if (from > low) {
    add(cut(level, index, from).part[1], from, high);
  } else {
    add(cut(level, index, to).part[0], low, to);
  }
}

BrownianIncrement BrownianPath::increment(std::int64_t, double t0, double t1, int areas) const {
  const double from = place(t0), to = place(t1);
  require<ConfigError>(from >= 0 && to <= std::ldexp(1.0, leaf_level) && to > from,
                       "[noise] [{}, {}] is no interval of the Brownian path from {} to {}", t0, t1, begin_, end_);
  require<ConfigError>(to - from >= 1, "[noise] [{}, {}] is shorter than a leaf of the path from {} to {}", t0, t1,
                       begin_, end_);
  Piece sum;
  collect(0, 0, {from, to}, sum);
  if (areas < 2) sum.b.k = {};
  if (areas < 1) sum.b.h = {};
  return sum.b;
}

}  // namespace fokker
