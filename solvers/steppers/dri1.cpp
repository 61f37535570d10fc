#include "fokker/solvers/steppers/dri1.h"

#include <array>
#include <cmath>
#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr int stages = 3;
using Row = std::array<double, stages>;
using Matrix = std::array<Row, stages>;
using Terms = std::vector<detail::DriftTerm>;

struct Tableau {
  Row c0 = {0, 0.5, 1}, c1 = {0, 342. / 491, 342. / 491};
  Matrix a0 = {{{}, {0.5}, {-1, 2}}}, a1 = {{{}, {342. / 491}, {342. / 491}}}, b0 = {}, b1 = {}, b2 = {};
  Row alpha = {1. / 6, 2. / 3, 1. / 6};
  Row beta1 = {193. / 684, 491. / 1368, 491. / 1368}, beta2 = {};
  Row beta3 = {-4955. / 7072, 4955. / 14144, 4955. / 14144}, beta4 = {};

  Tableau() {
    const double root6 = std::sqrt(6), edge = 3 * std::sqrt(38. / 491), inner = 491. / 513 * std::sqrt(221. / 4955);
    const double outer = 214. / 513 * std::sqrt(1105. / 991);
    b0 = {{{}, {(6 - root6) / 10}, {(3 + 2 * root6) / 5}}};
    b1 = {{{}, {edge}, {-edge}}};
    b2 = {{{}, {-outer, -inner, -inner}, {outer, inner, inner}}};
    beta2 = {0, std::sqrt(491. / 38) / 6, -std::sqrt(491. / 38) / 6};
    beta4 = {0, -std::sqrt(4955. / 221) / 8, std::sqrt(4955. / 221) / 8};
  }
};

/// The columns of the diffusion and the Brownian motions that they belong to.  Noise that is not general acts element
/// by element, as one column.
class Columns {
 public:
  Columns(const Sde& sde, const BrownianIncrement& b, double length)
      : sde_(sde), b_(b), root_(std::sqrt(length)), length_(length), general_(sde.noise() == Noise::general) {}
  std::int64_t count() const { return general_ ? b_.w.extent(1) : 1; }
  Tensor g(std::int64_t k, const Tensor& x, double t) const {
    const Tensor all = sde_.diffusion(x, t);
    return general_ ? reshape(slice(all, 2, k, k + 1), x.shape()) : broadcast_to(all, x.shape());
  }
  Tensor w(std::int64_t k) const { return of(b_.w, k); }
  /// The weak iterated integral of (k, l), divided by √h.
  Tensor iterated(std::int64_t k, std::int64_t l) const {
    if (k == l) return (square(w(k)) - length_) * (0.5 / root_);
    const Tensor sign = 2 * greater(of(b_.h, k < l ? k : l), 0) - 1;
    const double side = k < l ? -0.5 : 0.5;
    return weighted_sum({{0.5 / root_, w(k) * w(l)}, {side * root_, sign}});
  }

 private:
  Tensor of(const Tensor& all, std::int64_t k) const { return general_ ? slice(all, 1, k, k + 1) : all; }
  const Sde& sde_;
  const BrownianIncrement& b_;
  double root_, length_;
  bool general_;
};

}  // namespace

Tensor Dri1::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  static const Tableau m;
  const double h = t1 - t0, root = std::sqrt(std::abs(h));
  const Columns columns(sde, b, std::abs(h));
  const std::int64_t count = sde.noise() == Noise::none ? 0 : columns.count();
  std::array<Tensor, stages> f;
  std::vector<std::array<Tensor, stages>> g(static_cast<std::size_t>(count));
  Terms last;
  for (std::size_t i = 0; i < stages; ++i) {
    Terms y, drifts;
    for (std::size_t j = 0; j < i; ++j) {
      y.push_back({h * m.a0[i][j], f[j]});
      drifts.push_back({h * m.a1[i][j], f[j]});
      for (std::int64_t k = 0; k < count; ++k)
        y.push_back({m.b0[i][j], g[static_cast<std::size_t>(k)][j] * columns.w(k)});
    }
    f[i] = sde.drift(detail::advance(x, y, {}, b), t0 + m.c0[i] * h);
    last.push_back({h * m.alpha[i], f[i]});
    for (std::int64_t k = 0; k < count; ++k) {
      auto& own = g[static_cast<std::size_t>(k)];
      Terms z = drifts;
      for (std::size_t j = 0; j < i; ++j) z.push_back({root * m.b1[i][j], own[j]});
      own[i] = columns.g(k, detail::advance(x, z, {}, b), t0 + m.c1[i] * h);
      last.push_back({m.beta1[i], own[i] * columns.w(k)});
      last.push_back({m.beta2[i], own[i] * columns.iterated(k, k)});
    }
  }
  for (std::size_t i = 0; i < stages; ++i)
    for (std::int64_t k = 0; k < count; ++k) {
      Terms z;
      for (std::int64_t l = 0; l < count; ++l)
        for (std::size_t j = 0; j < stages; ++j)
          if (l != k && m.b2[i][j] != 0)
            z.push_back({m.b2[i][j], g[static_cast<std::size_t>(l)][j] * columns.iterated(k, l)});
      const Tensor at = columns.g(k, detail::advance(x, z, {}, b), t0);
      last.push_back({m.beta3[i], at * columns.w(k)});
      last.push_back({m.beta4[i] * root, at});
    }
  return detail::advance(x, last, {}, b);
}

}  // namespace fokker
