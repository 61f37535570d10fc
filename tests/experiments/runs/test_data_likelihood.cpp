#include "fokker/experiments/runs/data_likelihood.h"

#include <cmath>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double log2e = std::numbers::log2e;

/// A run whose network would be exact: the law N(m, s²) of each number in the units of the network, known there.
TrainedRun exact_run(const Dataset& data, const DataConfig& config, const GaussianMixture& law) {
  TrainedRun run;
  run.config.data = config;
  run.model.data = prepare(data, config, run.config.seed);
  run.model.sde = std::make_unique<VP>();
  run.model.sample_shape = Shape(std::span(data.x.shape().begin() + 1, data.x.shape().end()));
  const Score of_numbers = law.score(*run.model.sde);
  run.score = [of_numbers](const Tensor& x, double t) {
    return reshape(of_numbers(reshape(x, {x.size(), 1}), t), x.shape());
  };
  return run;
}

/// Whole numbers 0 … 255 in images 2 × 2: a Gaussian around 120 of deviation 30, rounded, nearly.
constexpr double centre = 120, spread = 30;
Dataset rounded_gaussian(std::int64_t n) {
  const Tensor values = Rng(1).normal({n, 2, 2, 1}) * spread + centre;
  Tensor whole = values.clone();
  for (float& v : whole.data<float>()) v = std::clamp(std::round(v), 0.0f, 255.0f);
  return {.x = whole, .name = "rounded", .range = {0, 255}};
}

/// Mean bits a dimension of the held-out numbers under the law that they were drawn from.
double exact_bits(const TrainedRun& run) {
  const Tensor x = run.model.data().scaling.invert(run.model.data().held_out.x);
  double nats = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const double z = (std::round(x.at(i)) - centre) / spread;
    nats -= log_normal_interval(z - 0.5 / spread, z + 0.5 / spread);
  }
  return nats * log2e / static_cast<double>(x.size());
}

GaussianMixture network_law(double shift, double scale) { return {{{(centre - shift) / scale}}, {spread / scale}}; }

const BoundRow& row(const DataLikelihood& found, const std::string& name) {
  const auto at = std::ranges::find(found.rows, name, &BoundRow::name);
  REQUIRE(at != found.rows.end());
  return *at;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

DataLikelihoodConfig exact_trace() {
  DataLikelihoodConfig config;
  config.flow.tolerance = 1e-7;
  config.divergence.trace = "exact";
  return config;
}

}  // namespace

TEST_CASE("all bounds of a rounded Gaussian lie at or above its exact bits") {
  const DataConfig data{.held_out = 0.5};
  const TrainedRun run = exact_run(rounded_gaussian(400), data, network_law(127.5, 127.5));
  const double exact = exact_bits(run);
  DataLikelihoodConfig config = exact_trace();
  config.discrete.steps = 100;
  const DataLikelihood found = data_likelihood(run, config);
  CHECK(found.basis == "whole numbers, 256 levels");
  // The law spreads over 30 levels, so that a density is all but constant in a bin: the ODE's bound is tight but for
  // σ(t_min), 1.3 levels, which widen a law of 30 by a thousandth.
  CHECK(row(found, "ode").interval.mean == Approx(exact).margin(0.01));
  CHECK(row(found, "continuous").interval.mean > exact - 4.5 * row(found, "continuous").error);
  CHECK(row(found, "discrete").interval.mean > row(found, "continuous").interval.mean);
  for (const auto& bound : found.rows) {
    INFO(bound.name << ": " << bound.interval.mean << ", exact " << exact);
    CHECK(bound.interval.mean > exact - 0.01);
    CHECK(bound.interval.mean < exact + 1);
    CHECK(bound.bits.size() == 200);
    CHECK(
        bound.interval.high - bound.interval.low ==
        Approx(2 * 1.972 * std::sqrt(sum(square(bound.bits - bound.interval.mean)).item() / 200 / 199)).epsilon(1e-3));
    if (bound.name == "ode") continue;
    Tensor total = Tensor::zeros({200}, Dtype::f64);
    for (const auto& [part, nats] : bound.parts) total = total + nats;
    CHECK(sum(bound.bits).item() * 4 == Approx(sum(total).item() * log2e));
    CHECK(sum(bound.profile).item() + mean(bound.parts[0].second).item() + mean(bound.parts[2].second).item() ==
          Approx(mean(total).item()));
  }
}

TEST_CASE("the variances that a run has learned enter its discrete bound alone") {
  const DataConfig data{.held_out = 0.5};
  TrainedRun run = exact_run(rounded_gaussian(40), data, network_law(127.5, 127.5));
  DataLikelihoodConfig config;
  config.bounds = {"discrete", "continuous"};
  config.discrete.steps = config.continuous.steps = 20;
  const DataLikelihood before = data_likelihood(run, config);
  // A variance e^ρ β̃ costs ½ (ρ + e^−ρ − 1 + (e^−ρ − 1) D) nats more a number and step, D the distance of the means.
  const double rho = 2;
  run.log_variance_ratio = [&](const Tensor& x, double, double) { return Tensor::full(x.shape(), rho, x.dtype()); };
  const DataLikelihood after = data_likelihood(run, config);
  CHECK(row(after, "continuous").bits.to_vector() == row(before, "continuous").bits.to_vector());
  // Without it a step's nats are D/2; the bound's parts are in nats, those of 4 numbers and 20 steps.
  const double shrink = std::exp(-rho), steps = 20 * 4;
  const Tensor &was = row(before, "discrete").parts[1].second, &is = row(after, "discrete").parts[1].second;
  for (std::int64_t i = 0; i < was.size(); ++i)
    CHECK(is.at(i) == Approx(0.5 * steps * (rho + shrink - 1) + shrink * was.at(i)).epsilon(1e-6));
}

TEST_CASE("dequantisation bounds the bits of narrow laws, and more draws tighten it") {
  // Numbers 0 … 7, which the model spreads by a fifth of a level: −log ∫ p over a bin is far below −∫ log p.
  const Tensor uniform = Rng(2).uniform({400, 6}) * 8.0;
  Dataset data{.x = uniform.clone(), .name = "uniform", .range = {0, 7}};
  for (float& v : data.x.data<float>()) v = std::floor(v);
  std::vector<std::vector<double>> means;
  for (int k = 0; k < 8; ++k) means.push_back({(k - 3.5) / 3.5});
  const GaussianMixture law(means, {0.2 / 3.5});
  const TrainedRun run = exact_run(data, {.held_out = 0.5, .scaling = "range"}, law);
  // Bits of the number 3 by the midpoint rule.
  constexpr std::int64_t points = 2000;
  const VP sde;
  std::vector<double> places;
  for (std::int64_t i = 0; i < points; ++i) places.push_back((-1 + (static_cast<double>(i) + 0.5) / points) / 3.5);
  const Tensor log_p =
      law.diffused(sde.marginal(sde.t_min())).log_density(Tensor::from(places, {points, 1}, Dtype::f64)) -
      std::log(3.5);
  const double exact = -std::log2(mean(exp(log_p)).item()), jensen = -mean(log_p).item() * log2e;
  DataLikelihoodConfig config = exact_trace();
  config.bounds = {"ode"};
  config.flow.t_min = sde.t_min();
  const auto bits = [&](std::int64_t draws) {
    config.dequantisations = draws;
    return data_likelihood(run, config).rows[0];
  };
  const BoundRow one = bits(1), sixteen = bits(16);
  const double error = (one.interval.high - one.interval.low) / 4;
  INFO("exact " << exact << ", in theory " << jensen << ", one draw " << one.interval.mean << ", sixteen "
                << sixteen.interval.mean);
  CHECK(exact == Approx(3).margin(0.02));
  CHECK(jensen > exact + 9 * error);
  CHECK(one.interval.mean == Approx(jensen).margin(4.5 * error + 0.02));
  CHECK(sixteen.interval.mean < one.interval.mean - 4.5 * error);
  CHECK(sixteen.interval.mean > exact - 0.02);
  CHECK(sixteen.nfe > 10 * one.nfe);
  // By default the ODE leaves off where the decoder does.
  config.flow.t_min = 0;
  const std::vector<double> leaving = bits(1).bits.to_vector();
  config.flow.t_min = decoding_time(sde, {.count = 8, .first = -1, .width = 2 / 7.});
  CHECK(largest_difference(leaving, bits(1).bits.to_vector()) < 1e-5);
}

TEST_CASE("the scaling's Jacobian is counted once, noise of data.dequantise is not added again") {
  // On [−1, 1], 256 levels with noise in [0, 1) are 2/256 apart: 7 bits a dimension [song2021].
  const DataConfig noisy{.held_out = 0.5, .dequantise = true};
  const TrainedRun run = exact_run(rounded_gaussian(400), noisy, network_law(127.5, 128));
  DataLikelihoodConfig config = exact_trace();
  config.bounds = {"ode"};
  const DataLikelihood found = data_likelihood(run, config);
  CHECK(found.basis == "whole numbers with the noise of data.dequantise");
  const Likelihood in_network = log_likelihood(run.score, *run.model.sde, run.model.data().held_out.x,
                                               {.flow = config.flow, .divergence = config.divergence});
  const Tensor apart = found.rows[0].bits - bits_per_dimension(in_network.log_density, 4);
  for (std::int64_t i = 0; i < apart.size(); ++i) CHECK(apart.at(i) == Approx(7).epsilon(1e-12));
  const Likelihood density = held_out_density(run, 0, {.flow = config.flow, .divergence = config.divergence});
  CHECK(bits_per_dimension(density.log_density, 4).to_vector() == found.rows[0].bits.to_vector());
  config.dequantisations = 2;
  CHECK_THROWS_WITH(data_likelihood(run, config), Catch::Contains("data.dequantise"));
  // The variational bounds are then of a density, too.
  config = exact_trace();
  config.bounds = {"continuous"};
  config.continuous.draws = 4;
  const BoundRow bound = data_likelihood(run, config).rows[0];
  CHECK(bound.interval.mean == Approx(found.rows[0].interval.mean).margin(4.5 * bound.error + 0.02));
}

TEST_CASE("bits of data that are no whole numbers are those of a density") {
  Dataset data = rounded_gaussian(100);
  data.x = data.x + 0.25;
  const DataConfig plain{.held_out = 0.5, .scaling = "none"};
  const TrainedRun run = exact_run(data, plain, {{{0}}, {1}});
  DataLikelihoodConfig config;
  config.bounds = {"ode"};
  CHECK(data_likelihood(run, config).basis == "a density in the units of the data");
  config.bounds = {"discrete"};
  config.discrete.decoder = "categorical";
  CHECK_THROWS_WITH(data_likelihood(run, config), Catch::Contains("no levels"));
}

TEST_CASE("a table does not depend on the threads, nor a sample on how many are asked for") {
  const TrainedRun run = exact_run(rounded_gaussian(60), {.held_out = 0.5}, network_law(127.5, 127.5));
  DataLikelihoodConfig config;
  config.discrete.steps = 10;
  config.continuous.steps = 5;
  config.dequantisations = 2;
  const int threads = thread_count();
  set_thread_count(1);
  const DataLikelihood one = data_likelihood(run, config);
  set_thread_count(2);
  const DataLikelihood two = data_likelihood(run, config);
  set_thread_count(threads);
  config.n = 7;
  const DataLikelihood few = data_likelihood(run, config);
  for (std::size_t i = 0; i < one.rows.size(); ++i) {
    CHECK(one.rows[i].bits.to_vector() == two.rows[i].bits.to_vector());
    CHECK(one.rows[i].bits.rows(0, 7).to_vector() == few.rows[i].bits.to_vector());
  }
  CHECK(one.rows.size() == 3);
}

TEST_CASE("settings of a table that contradict each other are refused") {
  const TrainedRun run = exact_run(rounded_gaussian(20), {.held_out = 0.5}, network_law(127.5, 127.5));
  DataLikelihoodConfig config;
  config.discrete.terms = "continuous";
  CHECK_THROWS_WITH(data_likelihood(run, config), Catch::Contains("bounds"));
  config = {};
  config.discrete.decoder = "gaussian";
  CHECK_THROWS_WITH(data_likelihood(run, config), Catch::Contains("decoder"));
  config = {.bounds = {"ode"}, .divergence = {.trace = "hutchinson"}, .dequantisations = 2};
  CHECK_THROWS_WITH(data_likelihood(run, config), Catch::Contains("exact"));
  const TrainedRun whole = exact_run(rounded_gaussian(20), {.held_out = 0}, network_law(127.5, 127.5));
  CHECK_THROWS_WITH(data_likelihood(whole, {}), Catch::Contains("held_out"));
}
