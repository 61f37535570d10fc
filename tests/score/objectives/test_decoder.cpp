#include "fokker/score/objectives/decoder.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr GreyLevels levels{.count = 17, .first = -1, .width = 0.125};

double by_hand(double x0, double mean, double deviation) {
  const auto density = [&](double at) { return std::exp(-0.5 * std::pow((at - mean) / deviation, 2)); };
  double whole = 0;
  for (int k = 0; k < 17; ++k) whole += density(-1 + 0.125 * k);
  return -std::log(density(x0) / whole);
}

}  // namespace

TEST_CASE("the decoder of grey levels is the normalised density at them") {
  const Tensor x0 = Tensor::from({-1, -0.875, 0, 0.25, 0.875, 1}, {2, 3}, Dtype::f64);
  for (const double deviation : {0.01, 0.05, 0.3, 2.0}) {
    const Tensor mean = x0 + Rng(2).normal({2, 3}, Dtype::f64) * std::min(deviation, 0.2);
    const Tensor log_deviation = Tensor::scalar(std::log(deviation), Dtype::f64);
    const Tensor offset = (mean - x0) / deviation;
    const Tensor all = decoder_nll(x0, offset, log_deviation, levels);
    const Tensor near = decoder_nll(x0, offset, log_deviation, levels, 16);
    INFO("deviation " << deviation);
    for (std::int64_t i = 0; i < 2; ++i) {
      double wanted = 0;
      for (std::int64_t k = 3 * i; k < 3 * i + 3; ++k) wanted += by_hand(x0.at(k), mean.at(k), deviation);
      CHECK(all.at(i) == Approx(wanted).epsilon(1e-10).margin(1e-12));
      CHECK(near.at(i) == Approx(wanted).epsilon(1e-9).margin(1e-9));
    }
  }
}

TEST_CASE("its probabilities of all levels sum to one, and it follows the deviation") {
  const double mean = 0.93, deviation = 0.07;
  double whole = 0;
  for (int k = 0; k < 17; ++k) {
    const double at = -1 + 0.125 * k;
    const Tensor x0 = Tensor::full({1, 1}, at, Dtype::f64), offset = (mean - x0) / deviation;
    whole += std::exp(-decoder_nll(x0, offset, Tensor::scalar(std::log(deviation), Dtype::f64), levels).item());
  }
  CHECK(whole == Approx(1).epsilon(1e-12));
  const Tensor x0 = Tensor::full({1, 1}, 0.5, Dtype::f64), offset = Tensor::full({1, 1}, 1.2, Dtype::f64);
  const Tensor leaf = Tensor::scalar(-2.5, Dtype::f64).leaf();
  const auto value = [&](double at) { return by_hand(0.5, 0.5 + 1.2 * std::exp(at), std::exp(at)); };
  CHECK(grad(decoder_nll(x0, offset, leaf, levels), leaf).item() ==
        Approx((value(-2.5 + 1e-5) - value(-2.5 - 1e-5)) / 2e-5).epsilon(1e-6));
}

TEST_CASE("continuous data have the density, and values between the levels are refused") {
  const Tensor x0 = Tensor::full({1, 2}, 0.3, Dtype::f64), offset = Tensor::from({0.5, -2}, {1, 2}, Dtype::f64);
  const double constant = std::log(0.2) + 0.5 * std::log(2 * std::numbers::pi);
  CHECK(decoder_nll(x0, offset, Tensor::scalar(std::log(0.2), Dtype::f64), {}).item() ==
        Approx(2 * constant + 0.5 * (0.25 + 4)).epsilon(1e-12));
  CHECK_THROWS_WITH(decoder_nll(x0, offset, Tensor::scalar(0, Dtype::f64), levels), Catch::Contains("17 levels"));
}
