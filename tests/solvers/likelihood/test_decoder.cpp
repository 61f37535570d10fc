#include <cmath>
#include <limits>

#include "fokker/core/base/error.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// 17 levels on [−1, 1], as the digits have.
constexpr GreyLevels digits{.count = 17, .first = -1, .width = 0.125};

Tensor level(std::int64_t k, const GreyLevels& levels = digits) {
  return Tensor::from({levels.first + static_cast<double>(k) * levels.width}, {1, 1}, Dtype::f64);
}

using Decoder = Tensor (*)(const Tensor&, const Tensor&, double, const GreyLevels&);

/// Σ over all levels of p(level | mean).
double total(Decoder decoder, double mean, double deviation, const GreyLevels& levels) {
  double sum = 0;
  for (std::int64_t k = 0; k < levels.count; ++k)
    sum += std::exp(decoder(level(k, levels), Tensor::full({1, 1}, mean, Dtype::f64), deviation, levels).item());
  return sum;
}

}  // namespace

TEST_CASE("log erfc and the mass of an interval equal values in sixty digits") {
  // By mpmath; erfc itself is 0 in f64 from 26.6 on.
  const double erfc_values[][2] = {{0, 0},
                                   {1, -1.84960550993324825},
                                   {-3, 0.69313613525044681},
                                   {19.999, -403.529294457089364},
                                   {20, -403.569343334104235},
                                   {20.001, -403.609394208637663},
                                   {30, -903.974117110643878},
                                   {1000, -1000007.48012072191}};
  for (const auto& [x, wanted] : erfc_values) CHECK(log_erfc(x) == Approx(wanted).epsilon(1e-14).margin(1e-15));
  const double intervals[][3] = {{-0.5, 0.5, -0.959916333695622319},       {-1e-3, 1e-3, -7.13354679829352002},
                                 {1e-9, 2e-9, -21.6422043701510838},       {-0.25, 3, -0.515241312500084097},
                                 {3.5, 4.5, -8.38077855846701829},         {9.5, 10.5, -48.3060604547038552},
                                 {9.9995, 10.0005, -57.8266896871891981},  {26.5, 28.5, -355.32250222635599},
                                 {39.5, 40.5, -784.720879104317577},       {39.9995, 40.0005, -807.826627188073122},
                                 {200, 201, -20006.2172808981904},         {4, infinity, -10.3601014865272908},
                                 {40, infinity, -804.608442013753788},     {-1, infinity, -0.17275377902344989},
                                 {-10, infinity, -7.61985302416052607e-24}};
  for (const auto& [a, b, wanted] : intervals) {
    INFO(a << " to " << b);
    CHECK(log_normal_interval(a, b) == Approx(wanted).epsilon(1e-12));
    CHECK(log_normal_interval(-b, -a) == Approx(wanted).epsilon(1e-12));
  }
  CHECK(log_normal_interval(-40, 40) == 0);
  CHECK(log_normal_interval(-infinity, infinity) == 0);
  // Where erfc underflows, a difference of erfc's has no logarithm: why the tails have a form of their own.
  CHECK(std::erfc(39.5 / std::sqrt(2.0)) - std::erfc(40.5 / std::sqrt(2.0)) == 0);
}

TEST_CASE("a decoder's probabilities sum to one over the levels") {
  for (const GreyLevels& levels : {digits, GreyLevels{256, -1, 2.0 / 255}, GreyLevels{2, 0, 3}})
    for (const double deviation : {1e-3, 0.02, 0.4, 30.0})
      for (const double mean : {-7.0, -1.0, -0.4321, 0.0, 0.999, 1.5}) {
        INFO(levels.count << " levels, mean " << mean << ", deviation " << deviation);
        CHECK(total(discretised_log_probability, mean, deviation, levels) == Approx(1).epsilon(1e-11));
        CHECK(total(categorical_log_probability, mean, deviation, levels) == Approx(1).epsilon(1e-11));
      }
}

TEST_CASE("the discretised decoder has closed bins inside and open ones at both ends") {
  // Pitfall: bins are half a width to each side, 1/255 for images on [−1, 1].
  const double deviation = 0.2;
  const auto at = [&](std::int64_t k, double mean) {
    return discretised_log_probability(level(k), Tensor::full({1, 1}, mean, Dtype::f64), deviation, digits).item();
  };
  CHECK(at(8, 0.0) == Approx(log_normal_interval(-0.3125, 0.3125)).epsilon(1e-13));
  CHECK(at(0, -1.0) == Approx(log_normal_interval(-infinity, 0.3125)).epsilon(1e-13));
  CHECK(at(16, 1.0) == Approx(log_normal_interval(-0.3125, infinity)).epsilon(1e-13));
  CHECK(at(16, 9.0) > -1e-300);
  // 40 deviations away; the approximation of the CDF by tanh is off by .1 nat at 4 already.
  CHECK(at(0, 8.0) == Approx(log_normal_interval(-infinity, (-0.9375 - 8) / 0.2)).epsilon(1e-13));
  const double of_tanh =
      0.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * (-4 + 0.044715 * -64)));  // P(z < −4), to be .0000317
  CHECK(std::abs(std::log(of_tanh) - log_normal_interval(-infinity, -4)) > 0.05);
}

TEST_CASE("the categorical decoder equals values in sixty digits") {
  const struct {
    std::int64_t level;
    double mean, deviation, wanted;
  } values[] = {{12, 0.3, 0.2, -1.88888854309409955},
                {16, 8, 0.2, -2.60007016183991387e-10},
                {0, 8, 0.2, -400.000000000260007},
                {5, 0, 0.0105, -637.755102040816327},
                {3, 0.1, 50, -2.83324147158273062}};
  for (const auto& [k, mean, deviation, wanted] : values) {
    const Tensor at = Tensor::full({1, 1}, mean, Dtype::f64);
    CHECK(categorical_log_probability(level(k), at, deviation, digits).item() == Approx(wanted).epsilon(1e-12));
  }
}

TEST_CASE("a sample's log probability is the sum over its elements") {
  const Tensor x0 = Tensor::from({-1, -0.875, 0, 1, 0.5, 0.25}, {3, 2, 1}), mean = x0 + 0.03;
  for (const Decoder decoder : {&discretised_log_probability, &categorical_log_probability}) {
    const Tensor all = decoder(x0, mean, 0.05, digits);
    CHECK(all.shape() == Shape{3});
    for (std::int64_t i = 0; i < 3; ++i) {
      const Tensor first = x0.rows(i, i + 1).view({2, 1}), its_mean = mean.rows(i, i + 1).view({2, 1});
      CHECK(all.at(i) == Approx(sum(decoder(first, its_mean, 0.05, digits)).item()).epsilon(1e-14));
    }
  }
}

TEST_CASE("decoding begins where the noise is a third of a level, or at the SDE's own end") {
  const VP sde;
  const Marginal there = sde.marginal(decoding_time(sde, digits));
  CHECK(there.sigma / there.alpha == Approx(0.125 / 3).epsilon(1e-9));
  CHECK(decoding_time(sde, {256, -1, 2.0 / 255}) == sde.t_min());
}

TEST_CASE("the bound decodes to the denoised sample with the deviation that is asked for") {
  const VP sde;
  const Tensor x0 = Tensor::from({-1, -0.875, 0, 1, 0.5, 0.25}, {3, 2}, Dtype::f64);
  Tensor seen, said;  // at the last evaluation, which is the decoder's
  const Score score = [&](const Tensor& x, double) {
    seen = x;
    return said = x * -0.7;
  };
  for (const double deviation : {1.0, 0.4}) {
    const BoundConfig config{.steps = 2, .deviation = deviation};
    const double t = decoding_time(sde, digits), alpha = sde.marginal(t).alpha, sigma = sde.marginal(t).sigma;
    const VariationalBound found = variational_bound(score, sde, x0, config, {{}, digits});
    const Tensor mean = (seen + said * (sigma * sigma)) / alpha;
    const Tensor wanted = discretised_log_probability(x0, mean, deviation * sigma / alpha, digits);
    for (std::int64_t i = 0; i < 3; ++i) CHECK(found.reconstruction.at(i) == Approx(-wanted.at(i)).epsilon(1e-9));
  }
  // A density: less the control (‖ε‖² − D)/2 of mean 0.
  const BoundConfig config{.steps = 2, .deviation = 0.4};
  const VariationalBound found = variational_bound(score, sde, x0, config);
  const auto [alpha, sigma] = sde.marginal(sde.t_min());
  const Tensor mean = (seen + said * (sigma * sigma)) / alpha, epsilon = (seen - x0 * alpha) / sigma;
  const Tensor control = (sum(square(epsilon), {1}) - 2.0) * (0.5 / 0.16);
  const Tensor wanted = gaussian_log_density(x0 - mean, 0.4 * sigma / alpha) + control;
  for (std::int64_t i = 0; i < 3; ++i) CHECK(found.reconstruction.at(i) == Approx(-wanted.at(i)).epsilon(1e-9));
}

TEST_CASE("data that are no levels are refused") {
  const Tensor at = Tensor::zeros({1, 1}, Dtype::f64);
  CHECK_THROWS_AS(discretised_log_probability(at + 0.06, at, 1, digits), ConfigError);
  CHECK_THROWS_AS(categorical_log_probability(at + 1.125, at, 1, digits), ConfigError);
  CHECK_THROWS_AS(discretised_log_probability(at, at, 1, {}), ConfigError);
  CHECK_THROWS_AS(discretised_log_probability(at, Tensor::zeros({1, 2}, Dtype::f64), 1, digits), ShapeError);
}
