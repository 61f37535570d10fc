#include "fokker/score/objectives/noise_curve.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

std::vector<double> grid(std::int64_t n) {
  std::vector<double> t;
  for (std::int64_t i = 0; i <= n; ++i) t.push_back(static_cast<double>(i) / static_cast<double>(n));
  return t;
}

}  // namespace

TEST_CASE("a learned schedule rises from 0 to 1 for any parameters, with its own slope") {
  const auto t = grid(4000);
  const Tensor times = Tensor::from(t, {std::ssize(t)}, Dtype::f64);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    NoiseCurve curve(-13.3, 5);
    for (const auto& p : curve.parameters())
      if (p.name != "ends") *p.tensor = Rng(seed).fork(p.tensor->size()).normal(p.tensor->shape()) * 3;
    const auto [place, rate] = curve(times);
    INFO("seed " << seed);
    CHECK(place.at(0) == Approx(0).margin(1e-15));
    CHECK(place.at(4000) == Approx(1).epsilon(1e-14));
    bool rises = true;
    double worst = 0, largest = 0;
    for (std::int64_t i = 0; i < 4000; ++i) rises = rises && place.at(i) < place.at(i + 1) && rate.at(i) > 0;
    CHECK(rises);
    const double h = 1e-6;
    const Tensor ahead = curve(times + h).place, behind = curve(times - h).place;
    for (std::int64_t i = 0; i <= 4000; ++i) {
      worst = std::max(worst, std::abs((ahead.at(i) - behind.at(i)) / (2 * h) - rate.at(i)));
      largest = std::max(largest, rate.at(i));
    }
    CHECK(worst < 1e-6 * largest);
  }
}

TEST_CASE("it starts near a straight line, and its SDE does not follow later changes") {
  NoiseCurve curve(-13.3, 5);
  const auto t = grid(50);
  const Tensor place = curve(Tensor::from(t, {51}, Dtype::f64)).place;
  for (std::int64_t i = 0; i <= 50; ++i) CHECK(place.at(i) == Approx(t[static_cast<std::size_t>(i)]).margin(0.03));
  const auto before = curve.sde();
  const double then = before->marginal(0.3).alpha;
  for (const auto& p : curve.parameters()) p.tensor->data<float>()[0] += 1;
  CHECK(before->marginal(0.3).alpha == then);
  CHECK(curve.sde()->marginal(0.3).alpha != then);
  CHECK_THROWS_WITH(NoiseCurve(5, -5), Catch::Contains("rise"));
}
