#include "fokker/solvers/steppers/sri.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr SriTableau::Matrix sriw_a1 = {{{}, {1. / 4}, {1}, {0, 0, 1. / 4}}};

constexpr SriTableau w1{.c0 = {0, 3. / 4, 0, 0},
                        .c1 = {0, 1. / 4, 1, 1. / 4},
                        .a0 = {{{}, {3. / 4}, {}, {}}},
                        .a1 = sriw_a1,
                        .b0 = {{{}, {3. / 2}, {}, {}}},
                        .b1 = {{{}, {1. / 2}, {-1}, {-5, 3, 1. / 2}}},
                        .alpha = {1. / 3, 2. / 3, 0, 0},
                        .beta1 = {-1, 4. / 3, 2. / 3, 0},
                        .beta2 = {-1, 4. / 3, -1. / 3, 0},
                        .beta3 = {2, -4. / 3, -2. / 3, 0},
                        .beta4 = {-2, 5. / 3, -2. / 3, 1}};
static_assert(satisfies_order_conditions(w1));

constexpr SriTableau w2{.c0 = {0, 1, 1. / 2, 0},
                        .c1 = {0, 1. / 4, 1, 1. / 4},
                        .a0 = {{{}, {1}, {1. / 4, 1. / 4}, {}}},
                        .a1 = sriw_a1,
                        .b0 = {{{}, {}, {1, 1. / 2}, {}}},
                        .b1 = {{{}, {-1. / 2}, {1}, {2, -1, 1. / 2}}},
                        .alpha = {1. / 6, 1. / 6, 2. / 3, 0},
                        .beta1 = {-1, 4. / 3, 2. / 3, 0},
                        .beta2 = {1, -4. / 3, 1. / 3, 0},
                        .beta3 = {2, -4. / 3, -2. / 3, 0},
                        .beta4 = {-2, 5. / 3, -2. / 3, 1}};
static_assert(satisfies_order_conditions(w2));

constexpr SriTableau::Matrix sosri_a0 = {{{},
                                          {-0.04199224421316468},
                                          {2.842612915017106, -2.0527723684000727},
                                          {4.338237071435815, -2.8895936137439793, 2.3017575594644466}}};
constexpr SriTableau::Matrix sosri_a1 = {{{},
                                          {0.26204282091330466},
                                          {0.20903646383505375, -0.1502377115150361},
                                          {0.05836595312746999, 0.6149440396332373, 0.08535117634046772}}};

constexpr SriTableau::Row sums(const SriTableau::Matrix& m) {
  SriTableau::Row total{};
  for (int i = 0; i < SriTableau::stages; ++i)
    for (int j = 0; j < SriTableau::stages; ++j) total[i] += m[i][j];
  return total;
}

constexpr SriTableau optimised{
    .c0 = sums(sosri_a0),
    .c1 = sums(sosri_a1),
    .a0 = sosri_a0,
    .a1 = sosri_a1,
    .b0 = {{{},
            {-0.21641093549612528},
            {1.5336352863679572, 0.26066223492647056},
            {-1.0536037558179159, 1.7015284721089472, -0.20725685784180017}}},
    .b1 = {{{},
            {-0.5119011827621657},
            {2.67767339866713, -4.9395031322250995},
            {0.15580956238299215, 3.2361551006624674, -1.4223118283355949}}},
    .alpha = {1.140099274172029, -0.6401334255743456, 0.4736296532772559, 0.026404498125060714},
    .beta1 = {-1.8453464565104432, 2.688764531100726, -0.2523866501071323, 0.40896857551684956},
    .beta2 = {0.4969658141589478, -0.5771202869753592, -0.12919702470322217, 0.2093514975196336},
    .beta3 = {2.8453464565104425, -2.688764531100725, 0.2523866501071322, -0.40896857551684945},
    .beta4 = {0.11522663875443433, -0.57877086147738, 0.2857851028163886, 0.17775911990655704}};
static_assert(satisfies_order_conditions(optimised));

}  // namespace

const SriTableau sriw1 = w1, sriw2 = w2, sosri = optimised;

Sri::Sri(std::string name, const SriTableau& tableau, double weak)
    : name_(std::move(name)), tableau_(tableau), weak_(weak) {
  const auto any = [](const SriTableau::Row& row) { return std::ranges::any_of(row, [](double v) { return v != 0; }); };
  for (std::size_t i = 0; i < moves_.size(); ++i) moves_[i] = any(tableau.a0[i]) || any(tableau.b0[i]);
  evaluations_ = 1 + static_cast<int>(std::ranges::count(moves_, true));
}

Tensor Sri::stages(const Sde& sde, const BrownianIncrement& b, const Tensor& x, std::array<double, 2> t,
                   Tensor* lower) const {
  using Terms = std::vector<detail::DriftTerm>;
  const SriTableau& m = tableau_;
  const auto [t0, t1] = t;
  const double h = t1 - t0, length = std::abs(h), root = std::sqrt(length);
  const bool noisy = sde.noise() != Noise::none;
  Tensor i10, i11, i111;  // divided by h, √h and h
  if (noisy) {
    i10 = weighted_sum({{0.5, b.w}, {1, b.h}});
    i11 = (square(b.w) - length) * (0.5 / root);
    i111 = b.w * (square(b.w) - 3 * length) * (1 / (6 * length));
  }
  std::array<Tensor, SriTableau::stages> f, g;
  Terms last, first_order;
  for (std::size_t i = 0; i < f.size(); ++i) {
    Terms y, z;
    for (std::size_t j = 0; j < i; ++j) {
      if (m.a0[i][j] != 0) y.push_back({h * m.a0[i][j], f[j]});
      if (noisy && m.b0[i][j] != 0) y.push_back({m.b0[i][j], g[j] * i10});
      if (m.a1[i][j] != 0) z.push_back({h * m.a1[i][j], f[j]});
      if (noisy && m.b1[i][j] != 0) z.push_back({root * m.b1[i][j], broadcast_to(g[j], x.shape())});
    }
    f[i] = moves_[i] || i == 0 ? sde.drift(detail::advance(x, y, {}, b), t0 + m.c0[i] * h) : f[0];
    last.push_back({h * m.alpha[i], f[i]});
    if (lower && i == 0) first_order.push_back({h, f[0]});
    if (!noisy) continue;
    g[i] = sde.diffusion(detail::advance(x, z, {}, b), t0 + m.c1[i] * h);
    const Tensor w = weighted_sum({{m.beta1[i], b.w}, {m.beta2[i], i11}, {m.beta3[i], i10}});
    last.push_back({1, g[i] * weighted_sum({{1, w}, {m.beta4[i], i111}})});
    if (lower) first_order.push_back({1, g[i] * weighted_sum({{m.beta1[i], b.w}, {m.beta2[i], i11}})});
  }
  if (lower) *lower = detail::advance(x, first_order, {}, b);
  return detail::advance(x, last, {}, b);
}

}  // namespace fokker
