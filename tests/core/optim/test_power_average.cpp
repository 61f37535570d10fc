#include <cmath>
#include <numeric>

#include "fokker/core/ops/rng.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/core/optim/power_average.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// A parameter that follows a path, and its average after each update.
std::vector<Tensor> averages_of(const std::vector<Tensor>& path, const EmaDecay& decay) {
  Tensor parameter = path[0].clone();
  Ema ema({{"p", &parameter, true}}, decay);
  std::vector<Tensor> result;
  for (const Tensor& at : path) {
    std::ranges::copy(at.data<double>(), parameter.data<double>().begin());
    ema.update();
    result.push_back(ema.averages()[0].second.clone());
  }
  return result;
}

std::vector<Tensor> random_walk(int steps, std::int64_t dimension) {
  std::vector<Tensor> path;
  Tensor at = Tensor::ones({dimension}, Dtype::f64);
  for (int i = 0; i < steps; ++i) {
    const Tensor step = Rng(3, Stream::general, static_cast<std::uint32_t>(i)).normal({dimension}, Dtype::f64);
    Tensor next = at.clone();
    for (std::size_t j = 0; j < static_cast<std::size_t>(dimension); ++j)
      next.data<double>()[j] += 0.02 * step.data<double>()[j];
    path.push_back(at = next);
  }
  return path;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) square += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(square);
}

constexpr int steps = 1920, every = 60;

/// What the snapshots say of an average that is not among them.
std::vector<double> reconstructed(const std::vector<Tensor>& path, const PowerProfile& target,
                                  double* error = nullptr) {
  std::vector<PowerProfile> profiles;
  std::vector<Tensor> snapshots;
  for (const double length : {0.05, 0.1}) {
    const auto averages = averages_of(path, power_function_decay(length));
    for (int step = every; step <= steps; step += every) {
      profiles.push_back({length, step});
      snapshots.push_back(averages[static_cast<std::size_t>(step - 1)]);
    }
  }
  const ProfileFit fit = fit_profile(profiles, target);
  CHECK(std::accumulate(fit.coefficients.begin(), fit.coefficients.end(), 0.0) == Approx(1).epsilon(1e-10));
  if (error) *error = fit.error;
  std::vector<double> sum(static_cast<std::size_t>(path[0].size()));
  for (std::size_t i = 0; i < snapshots.size(); ++i)
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += fit.coefficients[i] * snapshots[i].data<double>()[j];
  return sum;
}

}  // namespace

TEST_CASE("averages of parameters warm up", "[averages]") {
  std::vector<Tensor> path;
  for (int n = 0; n < 120; ++n) path.push_back(Tensor::scalar(std::sin(n), Dtype::f64));
  const auto averages = averages_of(path, exponential_decay(0.9));
  double average = 0;
  for (int n = 0; n < 120; ++n) {
    const double decay = std::min(0.9, (1.0 + n) / (10.0 + n));
    CHECK(exponential_decay(0.9)(n) == Approx(decay));
    average = decay * average + (1 - decay) * std::sin(n);
    CHECK(averages[static_cast<std::size_t>(n)].item() == Approx(average).epsilon(1e-12));
  }
  CHECK(exponential_decay(0.9)(120) == 0.9);
}

TEST_CASE("the power of a length has that length", "[averages]") {
  for (const double length : {0.001, 0.01, 0.05, 0.1, 0.2, 0.28}) {
    const double g = power_of_length(length);
    CHECK(std::sqrt((g + 1) / ((g + 2) * (g + 2) * (g + 3))) == Approx(length).epsilon(1e-10));
    CHECK(g > 0);
  }
  CHECK(power_of_length(0.05) == Approx(16.97).margin(0.01));  // [karras2024]
  CHECK(power_of_length(0.1) == Approx(6.94).margin(0.01));
  for (const double wrong : {0.0, -0.1, 0.29}) CHECK_THROWS_AS(power_of_length(wrong), ConfigError);
}

TEST_CASE("the power-function average of a line is the mean of its weights", "[averages]") {
  std::vector<Tensor> path;
  for (int i = 1; i <= 1000; ++i) path.push_back(Tensor::scalar(i, Dtype::f64));
  for (const double length : {0.05, 0.1, 0.25}) {
    const double power = power_of_length(length), t = 1000;
    // ∫ ⌈τ⌉ (γ + 1) τ^γ / t^(γ+1) dτ = t − Σ (i/t)^(γ+1) over i < t; about (γ + 1)/(γ + 2) t + ½.
    double exact = t;
    for (int i = 1; i < 1000; ++i) exact -= std::pow(i / t, power + 1);
    const double average = averages_of(path, power_function_decay(length)).back().item();
    CHECK(average == Approx(exact).epsilon(1e-10));
    CHECK(average == Approx((power + 1) / (power + 2) * t + 0.5).epsilon(1e-4));
    CHECK(averages_of(path, power_function_decay(length)).front().item() == 1);  // the first weights are forgotten
  }
}

TEST_CASE("averages that were not kept are made from snapshots", "[averages]") {
  const auto path = random_walk(steps, 50);
  for (const double length : {0.04, 0.07, 0.15, 0.2})
    for (const int step : {steps, 1500}) {  // the second lies on no snapshot's weights
      double error = 0;
      const auto made = reconstructed(path, {length, step}, &error);
      const auto kept = averages_of(path, power_function_decay(length))[static_cast<std::size_t>(step - 1)].to_vector();
      const auto now = path[static_cast<std::size_t>(step - 1)].to_vector();
      INFO(length << " until " << step << ": " << distance(made, kept) / distance(kept, now) << ", profile " << error);
      CHECK(distance(made, kept) < 3e-3 * distance(kept, now));
      CHECK(error < 0.02);
      // Negative control: neither a slightly other length nor the wrong step would pass.
      CHECK(distance(reconstructed(path, {length * 1.1, step}), kept) > 1e-2 * distance(kept, now));
      CHECK(distance(reconstructed(path, {length, step - 30}), kept) > 1e-2 * distance(kept, now));
    }
}

TEST_CASE("a fit says where snapshots do not suffice", "[averages]") {
  const std::vector<PowerProfile> few = {{0.05, 500}, {0.05, 1000}};
  CHECK(fit_profile(few, {0.05, 1000}).error < 1e-6);
  CHECK(fit_profile(few, {0.25, 1000}).error > 0.2);
  CHECK(fit_profile(few, {0.005, 1000}).error > 0.2);
  CHECK_THROWS_AS(fit_profile({}, {0.1, 10}), ConfigError);
}
