#include "fokker/score/objectives/score_matching.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/objectives/denoising.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double centre = 0.8, deviation = 0.5;  // of the data
constexpr std::int64_t rows = 500, dimension = 3;
constexpr int parts = 40;
constexpr const char* traces[] = {"exact", "sliced", "sliced_vr"};

/// s(x) = slope·(x − centre), whose trace is D·slope; at slope = −1/variance it is a Gaussian's score.
struct LinearScore final : Network {
  Tensor slope, centre;
  LinearScore(double a, double b) : slope(Tensor::full({1}, a, Dtype::f64)), centre(Tensor::full({1}, b, Dtype::f64)) {}
  Tensor operator()(const Tensor& x, const Tensor&, const Pass&) const override { return slope * (x - centre); }
  std::unique_ptr<Module> clone() const override { return std::make_unique<LinearScore>(*this); }
  void visit(const ParameterVisitor&) override {}
};

Parameterization plain_score() {
  Parameterization p = Prediction::score;
  p.scale_input = false;
  return p;
}

TimeSamplingConfig times_from(double t_min) {
  TimeSamplingConfig times;
  times.t_min = t_min;
  return times;
}

/// Nearly one time, so that a score without time can be exact.
TimeSamplingConfig near_the_end() { return times_from(1 - 1e-9); }

Tensor data(int part) {
  return Rng(3, Stream::data, static_cast<std::uint32_t>(part)).normal({rows, dimension}, Dtype::f64) * deviation +
         centre;
}

Shard shard(int part) {
  return {.x0 = data(part), .seed = 11, .step = static_cast<std::uint32_t>(part), .first = 0, .batch = rows};
}

struct Estimate {
  double value, error;
};

template <class F>
Estimate over_parts(F value) {
  double sum = 0, squares = 0;
  for (int part = 0; part < parts; ++part) {
    const double v = value(part);
    sum += v / parts;
    squares += v * v / parts;
  }
  return {sum, std::sqrt((squares - sum * sum) / (parts - 1))};
}

double slope_gradient(const Objective& objective, double slope, double middle, int part) {
  LinearScore network(slope, middle);
  network.slope = network.slope.leaf();
  return grad(objective.loss(network, shard(part)).total, network.slope).item();
}

}  // namespace

TEST_CASE("implicit score matching is denoising score matching up to a constant, for any network") {
  // With λ = σ²: E σ²‖s + ε/σ‖²/D = E σ²(‖s‖² + 2 tr ∂s/∂x)/D + 1.
  const VP sde;
  const DenoisingScoreMatching dsm(
      sde, {.parameterization = plain_score(), .weighting = "lambda", .times = times_from(0.1)});
  for (const char* trace : traces) {
    const ScoreMatching ism(sde, {.parameterization = plain_score(), .times = times_from(0.1), .trace = trace});
    for (const auto& [slope, middle] : {std::pair{-0.7, 0.3}, std::pair{0.2, -1.0}}) {
      const LinearScore network(slope, middle);
      const Estimate gap = over_parts([&](int part) {
        return dsm.loss(network, shard(part)).total.item() - ism.loss(network, shard(part)).total.item();
      });
      INFO(trace << ", slope " << slope << ": " << gap.value << " ± " << gap.error);
      CHECK(std::abs(gap.value - 1) < 4.5 * gap.error);
      CHECK(gap.error < 0.05);
    }
  }
}

TEST_CASE("the exact score of a Gaussian is the minimiser of implicit score matching") {
  const VP sde;
  const Marginal m = sde.marginal(1);
  const double variance = m.alpha * m.alpha * deviation * deviation + m.sigma * m.sigma;
  for (const char* trace : traces) {
    const ScoreMatching ism(sde, {.parameterization = plain_score(), .times = near_the_end(), .trace = trace});
    const auto z = [&](double slope) {
      const Estimate g = over_parts([&](int part) { return slope_gradient(ism, slope, m.alpha * centre, part); });
      return g.value / g.error;
    };
    INFO(trace);
    CHECK(std::abs(z(-1 / variance)) < 4.5);
    CHECK(z(-0.9 / variance) > 8);  // negative controls on either side
    CHECK(z(-1.1 / variance) < -8);
  }
}

TEST_CASE("the traces are those of the network's derivative") {
  // Against differences of the network itself, one coordinate after the other.
  const VP sde;
  const auto network = make_network({.kind = "mlp", .hidden = {16, 16}, .time_dimension = 8}, Shape{3}, Rng(1));
  for (auto& p : network->parameters())
    *p.tensor = cast(*p.tensor, Dtype::f64) + Rng(2).normal(p.tensor->shape(), Dtype::f64) * 0.3;
  const ScoreMatching ism(sde, {.parameterization = plain_score(), .times = near_the_end()});
  const Shard one{.x0 = Rng(4).normal({5, 3}, Dtype::f64), .seed = 2, .step = 0, .first = 0, .batch = 5};
  const TimeSampler times(near_the_end(), sde);
  const Noised noised = add_noise(one, sde, times);
  const auto score_at = [&](const Tensor& x) {
    Noised moved = noised;
    moved.x = x;
    return predict(*network, plain_score(), sde, moved, one);
  };
  const double sigma = sde.marginal(1).sigma, h = 1e-5;
  const Tensor s = score_at(noised.x);
  double expected = sum(square(s)).item();
  for (std::int64_t i = 0; i < 3; ++i) {
    std::vector<double> step(3, 0.0);
    step[static_cast<std::size_t>(i)] = h;
    const Tensor e = Tensor::from(step, {1, 3}, Dtype::f64);
    const Tensor difference = (score_at(noised.x + e) - score_at(noised.x - e)) * (1 / (2 * h));
    for (std::int64_t row = 0; row < 5; ++row) expected += 2 * difference.at(3 * row + i);
  }
  CHECK(ism.loss(*network, one).total.item() == Approx(expected * sigma * sigma / 15).epsilon(1e-7));
}

TEST_CASE("slices add variance, and less where the norm is exact") {
  const VP sde;
  const LinearScore network(-1.2, 0.4);
  double spread[3];
  for (int i = 0; i < 3; ++i) {
    const ScoreMatching ism(sde, {.parameterization = plain_score(), .times = near_the_end(), .trace = traces[i]});
    spread[i] = over_parts([&](int part) { return ism.loss(network, shard(part)).total.item(); }).error;
  }
  CHECK(spread[0] <= spread[2] * 1.0001);  // signs make the trace of a multiple of the identity exact
  CHECK(spread[2] < 0.8 * spread[1]);
}

TEST_CASE("the shards of implicit score matching sum to its batch") {
  const VP sde;
  const LinearScore network(-0.5, 0.1);
  for (const char* trace : traces) {
    const ScoreMatching ism(sde, {.parameterization = plain_score(), .times = times_from(0.1), .trace = trace});
    const Tensor x0 = data(0).rows(0, 50);
    const Shard whole{.x0 = x0, .seed = 4, .step = 2, .first = 0, .batch = 50};
    double parts_sum = 0;
    for (std::int64_t first : {0, 17, 34}) {
      Shard part = whole;
      part.x0 = x0.rows(first, std::min<std::int64_t>(50, first + 17));
      part.first = first;
      parts_sum += ism.loss(network, part).total.item();
    }
    CHECK(parts_sum == Approx(ism.loss(network, whole).total.item()).epsilon(1e-12));
  }
  CHECK_THROWS_WITH(ScoreMatching(sde, {.trace = "hutchinson"}), Catch::Contains("sliced"));
  CHECK_THROWS_WITH(ScoreMatching(sde, {.weighting = "none"}), Catch::Contains("lambda"));
}
