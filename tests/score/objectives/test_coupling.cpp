#include "fokker/score/objectives/coupling.h"

#include <algorithm>
#include <numeric>

#include "fokker/core/ops/rng.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/objectives/denoising.h"
#include "fokker/sde/interpolant.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

double cost(const Tensor& x, const Tensor& noise, const std::vector<std::int64_t>& pairs) {
  const std::int64_t dimension = x.size() / x.extent(0);
  double sum = 0;
  for (std::int64_t i = 0; i < x.extent(0); ++i)
    for (std::int64_t j = 0; j < dimension; ++j) {
      const double d = x.at(i * dimension + j) - noise.at(pairs[static_cast<std::size_t>(i)] * dimension + j);
      sum += d * d;
    }
  return sum;
}

}  // namespace

TEST_CASE("optimal pairs are the cheapest of all permutations") {
  for (std::uint64_t seed : {0, 1, 2, 3, 4}) {
    const Tensor x = Rng(seed).normal({7, 3}, Dtype::f64), noise = Rng(seed + 100).normal({7, 3}, Dtype::f64);
    std::vector<std::int64_t> order(7);
    std::iota(order.begin(), order.end(), 0);
    double least = cost(x, noise, order);
    do least = std::min(least, cost(x, noise, order));
    while (std::ranges::next_permutation(order).found);
    CHECK(cost(x, noise, optimal_pairs(x, noise)) == Approx(least).epsilon(1e-12));
  }
}

TEST_CASE("optimal pairs on a line keep its order") {
  const Tensor x = Rng(1).normal({300, 1}), noise = Rng(2).normal({300, 1});
  const auto pairs = optimal_pairs(x, noise);
  std::vector<std::pair<double, double>> matched;
  for (std::int64_t i = 0; i < 300; ++i) matched.emplace_back(x.at(i), noise.at(pairs[static_cast<std::size_t>(i)]));
  std::ranges::sort(matched);
  CHECK(std::ranges::is_sorted(matched, {}, &std::pair<double, double>::second));
}

TEST_CASE("a coupled batch has the marginals of both sides, and other pairs") {
  const RectifiedFlow sde;
  const DenoisingScoreMatching flow(sde, {.parameterization = Prediction::velocity, .coupling = "optimal"});
  REQUIRE(flow.couples());
  const Tensor x0 = Rng(5).normal({40, 2});
  Shard whole{.x0 = x0, .seed = 1, .step = 3, .first = 0, .batch = 40};
  const Tensor own = noise_of(whole);
  whole.noise_rows = flow.coupling(x0, 1, 3);
  const Tensor paired = noise_of(whole);
  for (std::int64_t i = 0; i < 40; ++i) CHECK(paired.at(2 * i) == own.at(2 * whole.noise_rows[i]));
  std::vector<double> a = own.to_vector(), b = paired.to_vector();
  CHECK(a != b);
  std::ranges::sort(a);
  std::ranges::sort(b);
  CHECK(a == b);
  CHECK(cost(x0, paired, {[] {
               std::vector<std::int64_t> rows(40);
               std::iota(rows.begin(), rows.end(), 0);
               return rows;
             }()}) < 0.5 * cost(x0, own, {[] {
                                  std::vector<std::int64_t> rows(40);
                                  std::iota(rows.begin(), rows.end(), 0);
                                  return rows;
                                }()}));
}
