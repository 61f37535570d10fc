#include "fokker/solvers/noise/brownian_tree.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker::detail {
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

}  // namespace

void BrownianTree::check() const {
  require<ShapeError>(shape.rank() > 0, "[noise] expected a shape [B, ...], got a scalar");
  require<ConfigError>(std::isfinite(begin) && std::isfinite(end) && begin != end,
                       "[noise] expected a time interval, got [{}, {}]", begin, end);
  require<ConfigError>(split == Split::arithmetic || (begin > 0 && end > 0),
                       "[noise] geometric splits need times above 0, got [{}, {}]", begin, end);
}

double BrownianTree::time(double place) const {
  const double u = std::ldexp(place, -leaf_level);
  if (u == 1) return end;
  return split == Split::arithmetic ? begin + (end - begin) * u : begin * std::pow(end / begin, u);
}

double BrownianTree::place(double t) const {
  const double u =
      split == Split::arithmetic ? (t - begin) / (end - begin) : std::log(t / begin) / std::log(end / begin);
  const double exact = std::ldexp(u, leaf_level), whole = std::round(exact);
  return std::abs(exact - whole) < 1e-4 ? whole : exact;  // rounding of the caller's grid
}

BrownianIncrement BrownianTree::normals(std::int64_t node) const {
  const auto draw = [&](Stream stream) {
    return Rng(seed, stream, static_cast<std::uint32_t>(node)).normal(shape, dtype, first_element(shape, first_sample));
  };
  return {draw(Stream::brownian), draw(Stream::levy_area), draw(Stream::third_area)};
}

BrownianIncrement BrownianTree::normals(std::int64_t node, std::span<const std::size_t> rows) const {
  const Shape some = with_extent(shape, 0, static_cast<std::int64_t>(rows.size()));
  const std::int64_t width = shape[0] > 0 ? shape.size() / shape[0] : 0;
  const auto fill = kernels::random(dtype).normal;
  const auto draw = [&](Stream stream) {
    Tensor out = Tensor::empty(some, dtype);
    auto* at = static_cast<std::byte*>(out.raw());
    for (std::size_t i = 0, j = 0; i < rows.size(); i = j) {  // runs of neighbours go together
      for (j = i + 1; j < rows.size() && rows[j] == rows[j - 1] + 1;) ++j;
      const auto count = static_cast<std::int64_t>(j - i) * width;
      const std::uint64_t first = first_element(shape, first_sample + static_cast<std::int64_t>(rows[i]));
      fill(seed, static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(node), first, at, count);
      at += count * element_size(dtype);
    }
    return out;
  };
  return {draw(Stream::brownian), draw(Stream::levy_area), draw(Stream::third_area)};
}

BrownianIncrement BrownianTree::root(const BrownianIncrement& xi) const {
  const double length = std::abs(end - begin);
  return {xi.w * std::sqrt(length), xi.h * std::sqrt(length / 12), xi.k * std::sqrt(length / 720)};
}

std::array<BrownianIncrement, 2> BrownianTree::cut(int level, std::int64_t index, double at,
                                                   const BrownianIncrement& whole, const BrownianIncrement& xi) const {
  const std::int64_t width = std::int64_t{1} << (leaf_level - level);
  const double from = time(static_cast<double>(index * width)), to = time(static_cast<double>((index + 1) * width));
  const Conditional law = conditional((time(at) - from) / (to - from));
  const double scale = std::sqrt(std::abs(to - from));
  std::array<BrownianIncrement, 2> parts;
  for (std::size_t i = 0; i < 2; ++i) {
    const Square noise = scale * law.noise[i];
    const auto coefficient = [&](int r) { return row(law.gain[i], noise, r, whole, xi); };
    parts[i] = {coefficient(0), coefficient(1), coefficient(2)};
  }
  return parts;
}

}  // namespace fokker::detail
