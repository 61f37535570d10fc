// ER-SDE solvers [cui2023]: the reverse SDE whose noise is given by a function φ of the level, by Taylor expansion of the
// denoiser.

#include <array>
#include <cmath>
#include <deque>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/sampling/exponential.h"

namespace fokker::detail {
namespace {

/// The default of [cui2023]; φ = s is the probability flow, φ = s² the reverse SDE of η = 1.
double phi(double s) { return s * (std::exp(std::pow(s, 0.3)) + 10); }

/// ∫ (u − s)ᵏ/φ(u) du over [s₊, s], in log u by Gauss and Legendre with five points in each of eight pieces.
double integral(double s, double later, int k) {
  constexpr std::array<double, 5> nodes = {0, .5384693101056831, -.5384693101056831, .9061798459386640,
                                           -.9061798459386640};
  constexpr std::array<double, 5> weights = {.5688888888888889, .4786286704993665, .4786286704993665, .2369268850561891,
                                             .2369268850561891};
  constexpr int pieces = 8;
  const double begin = std::log(later), half = (std::log(s) - begin) / (2 * pieces);
  double sum = 0;
  for (int piece = 0; piece < pieces; ++piece)
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      const double u = std::exp(begin + half * (2 * piece + 1 + nodes[j]));
      sum += half * weights[j] * u * std::pow(u - s, k) / phi(u);
    }
  return sum;
}

struct Known {
  double s;
  Tensor data;
};

/// Divided differences of D in s: D′ from two points, ½ D″ from three.
Tensor difference(const Known& a, const Known& b) {
  return weighted_sum({{1 / (a.s - b.s), a.data}, {-1 / (a.s - b.s), b.data}});
}

}  // namespace

Tensor run_er_sde(const Shard& shard, Tensor x, int order) {
  const Passage passage(shard);
  const auto clock = [](const Level& at) { return std::pow(at.s / phi(at.s), 2); };
  const auto noise = brownian(shard, clock(passage.first()), clock(passage.last()), BrownianPath::Split::geometric);
  std::deque<Known> known;  // newest first
  Tensor y = passage.enter(x);
  for (std::int64_t i = 0; i < passage.steps(); ++i) {
    const Level &a = passage.level(i), &b = passage.level(i + 1);
    known.push_front({a.s, passage.denoised(y, a)});
    const double h = b.s - a.s, end = phi(b.s), ratio = end / phi(a.s);
    y = weighted_sum({{ratio, y}, {1 - ratio, known[0].data}, {end, noise->increment(i, clock(a), clock(b), 0).w}});
    if (order > 1 && known.size() > 1) {
      // The line, then the parabola, through the last values:  D + D[0,1] (u − s₀) + D[0,1,2] (u − s₀)(u − s₁).
      const Tensor line = difference(known[0], known[1]);
      const double first = h + end * integral(a.s, b.s, 0);
      y = weighted_sum({{1, y}, {first, line}});
      if (order > 2 && known.size() > 2) {
        const double span = known[0].s - known[2].s, second = h * h + 2 * end * integral(a.s, b.s, 1);
        const double both = (second + (known[0].s - known[1].s) * first) / span;
        y = weighted_sum({{1, y}, {both, line}, {-both, difference(known[1], known[2])}});
      }
    }
    if (known.size() == 3) known.pop_back();
    passage.arrive(i, y);
  }
  return passage.leave(y);
}

}  // namespace fokker::detail
