#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/detect.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/metrics/anomaly_scores.h"
#include "fokker/experiments/metrics/roc.h"
#include "fokker/experiments/statistics/mahalanobis.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

std::vector<double> normals(std::int64_t n, std::uint64_t seed, double mean = 0) {
  std::vector<double> values = Rng(seed).normal({n}, Dtype::f64).to_vector();
  for (double& value : values) value += mean;
  return values;
}

/// Samples of N(0, I) in 10 dimensions, and anomalies 3 away; and the exact score of N(0, I) under a VP.
struct Whitened {
  Tensor normal, anomalous;
  NormalModel model;
};

Whitened whitened(std::int64_t n) {
  const Tensor z = Rng(5).normal({2 * n, 10});
  Tensor shifted = z.rows(n, 2 * n).clone();
  const Tensor towards = Rng(6).normal({n, 10});
  const auto values = shifted.data<float>();
  const auto u = towards.data<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    double square = 0;
    for (int j = 0; j < 10; ++j) square += u[i * 10 + j] * u[i * 10 + j];
    for (int j = 0; j < 10; ++j) values[i * 10 + j] += static_cast<float>(3 * u[i * 10 + j] / std::sqrt(square));
  }
  // The marginals of a VP that starts from N(0, I) are N(0, I).
  return {z.rows(0, n), shifted, {[](const Tensor& x, double) { return -x; }, share(VP{})}};
}

double area(const Whitened& data, const DetectConfig& config) {
  const auto normal = anomaly_scores(data.model, data.normal, config).terms;
  const auto anomalous = anomaly_scores(data.model, data.anomalous, config).terms;
  return auroc("", combined(normal, normal), combined(anomalous, normal)).value;
}

double optimum(const Whitened& data) {
  const auto squares = [](const Tensor& x) {
    std::vector<double> result;
    for (std::int64_t i = 0; i < x.extent(0); ++i) {
      double sum = 0;
      for (const double v : x.rows(i, i + 1).to_vector()) sum += v * v;
      result.push_back(sum);
    }
    return result;
  };
  return auroc("", squares(data.normal), squares(data.anomalous)).value;
}

}  // namespace

TEST_CASE("the ROC curve and its area of scores made by hand") {
  const std::vector<double> normal = {1, 2, 3, 4}, anomalous = {2, 3.5, 5};
  const RocCurve curve = roc_curve(normal, anomalous);
  CHECK(curve.false_alarms == std::vector<double>{0, 0, 0.25, 0.25, 0.5, 0.75, 1});
  CHECK(curve.detected == std::vector<double>{0, 1. / 3, 1. / 3, 2. / 3, 2. / 3, 1, 1});
  // Pairs won: 1.5 of 4, 3 of 4, 4 of 4.
  CHECK(auroc("", normal, anomalous).value == Approx(8.5 / 12));
  CHECK(auroc("", anomalous, normal).value == Approx(3.5 / 12));
  CHECK(auroc("", normal, normal).value == Approx(0.5));
}

TEST_CASE("the interval of the area covers the area of two normal laws") {
  // P(N(1, 1) > N(0, 1)) = Φ(1/√2).
  const double truth = 0.5 * std::erfc(-0.5);
  int covered = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    const Figure figure = auroc("", normals(60, 2 * trial), normals(40, 2 * trial + 1, 1));
    covered += figure.low <= truth && truth <= figure.high;
  }
  const double share = static_cast<double>(covered) / trials;
  CHECK(share > 0.92);  // 0.95 ± 3 · 0.011
  CHECK(share < 0.985);
  const Figure apart = auroc("", std::vector<double>{0, 1, 2}, std::vector<double>{3, 4, 5});
  CHECK(apart.value == 1);
  CHECK(apart.low < 0.6);  // three of three say little
}

TEST_CASE("a threshold has the stated rate of false alarms, and its interval covers the rate that it has") {
  constexpr int trials = 2000, n = 99;
  constexpr double rate = 0.1;
  double mean = 0;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const AlarmThreshold threshold = alarm_threshold(normals(n, 1000 + trial), rate);
    CHECK(threshold.rate == Approx(rate));
    const double actual = 0.5 * std::erfc(threshold.value / std::numbers::sqrt2);
    mean += actual / trials;
    covered += threshold.low <= actual && actual <= threshold.high;
  }
  CHECK(std::abs(mean - rate) < 4 * 0.03 / std::sqrt(trials));  // deviation of Beta(10, 90): 0.030
  CHECK(std::abs(static_cast<double>(covered) / trials - 0.95) < 4 * std::sqrt(0.95 * 0.05 / trials));
  CHECK_THROWS_WITH(alarm_threshold(normals(18, 1), 0.05), Contains("takes 19 held-out normal samples"));
  CHECK_NOTHROW(alarm_threshold(normals(19, 1), 0.05));
}

TEST_CASE("with the exact score of a Gaussian the likelihood reaches the Mahalanobis distance, and others come near") {
  const Whitened data = whitened(600);
  const double best = optimum(data);
  CHECK(best > 0.8);
  CHECK(best < 0.95);
  CHECK(area(data, {.method = "likelihood"}) == Approx(best).margin(1e-4));
  CHECK(area(data, {.method = "score_norm", .levels = {0.5}}) == Approx(best).margin(1e-6));
  CHECK(area(data, {.method = "bound", .bound = {.terms = "continuous", .steps = 50, .draws = 40}}) ==
        Approx(best).margin(0.02));
  // x − D = x (1 − α²) − α σ ε for this score: more draws come nearer.
  const double one = area(data, {.levels = {2}, .draws = 1}), many = area(data, {.levels = {2}, .draws = 64});
  CHECK(many > one);
  CHECK(many == Approx(best).margin(0.02));
  // The distance does not see the sign of the first feature: a score of that alone is no better than chance.
  CHECK(best > area(data, {.levels = {0.05}, .draws = 1}) + 0.1);
}

TEST_CASE(
    "residuals of a Gaussian with unequal deviations, whitened, reach the Mahalanobis distance; their length does "
    "not") {
  Whitened data = whitened(600);
  const double best = optimum(data);
  Tensor variances = Tensor::empty({1, 10});
  for (int j = 0; j < 10; ++j) variances.data<float>()[j] = static_cast<float>(9 * std::pow(10, -0.3 * j));
  data.normal = data.normal * sqrt(variances);
  data.anomalous = data.anomalous * sqrt(variances);
  data.model.score = [variances](const Tensor& x, double t) {
    const Marginal at = VP{}.marginal(t);
    return -x / (variances * (at.alpha * at.alpha) + at.sigma * at.sigma);
  };
  CHECK(area(data, {.levels = {0.5}, .draws = 64}) < best - 0.05);
  // x̂ − x = −r² (C + r²)⁻¹ x + C (C + r²)⁻¹ r ε, where the draws average ε away.
  const DetectConfig config{.method = "whitened", .levels = {0.5}, .draws = 1000};
  const auto residuals = [&](const Tensor& x) {
    return reshape(anomaly_scores(data.model, x, config).residuals, {x.extent(0), 10});
  };
  const Tensor normal = residuals(data.normal);
  const Mahalanobis distance(normal);
  CHECK(auroc("", distance(normal).to_vector(), distance(residuals(data.anomalous)).to_vector()).value ==
        Approx(best).margin(0.01));
}

TEST_CASE("the Mahalanobis distance by hand, with a coordinate that does not vary, and of another width") {
  // The first two coordinates have the precision [[1/4, −1/8], [−1/8, 7/16]].
  const Tensor x = Tensor::from({3, 0, 5, -1, 0, 5, 0, 2, 5, -2, -2, 5}, {4, 3});
  const Mahalanobis distance(x);
  const std::vector<double> found = distance(x).to_vector(), expected = {2.25, 0.25, 1.75, 1.75};
  for (int i = 0; i < 4; ++i) CHECK(found[i] == Approx(expected[i]).epsilon(1e-5));
  CHECK_THROWS_AS(distance(Tensor::zeros({1, 2})), ShapeError);
  CHECK_THROWS_AS(Mahalanobis(x.rows(0, 1)), ShapeError);
  CHECK_THROWS_AS(Mahalanobis(x * NAN), NumericalError);
}

TEST_CASE("anomaly scores are exact, of each sample alone, and refuse levels that the model has not") {
  const Whitened data = whitened(70);
  const DetectConfig config{.levels = {0.5, 2}, .draws = 3};
  const AnomalyScores all = anomaly_scores(data.model, data.normal, config);
  const AnomalyScores first = anomaly_scores(data.model, data.normal.rows(0, 9), config);
  CHECK(first.terms.to_vector() == all.terms.rows(0, 9).to_vector());
  CHECK(first.map.to_vector() == all.map.rows(0, 9).to_vector());
  // The map's mean is the mean of the terms where all draws count.
  double map = 0, terms = 0;
  for (const double v : all.map.to_vector()) map += v / static_cast<double>(all.map.size());
  for (const double v : all.terms.to_vector()) terms += v / static_cast<double>(all.terms.size());
  CHECK(map == Approx(terms).epsilon(1e-5));
  // E ‖x − D‖²/D = (1 − α²)² |x|²/D + α² σ², with 1 − α² = r²/(1 + r²), α² σ² = r²/(1 + r²)².
  const AnomalyScores many = anomaly_scores(data.model, data.normal, {.levels = {0.5}, .draws = 4000});
  const std::vector<double> x = data.normal.rows(0, 1).to_vector();
  double square = 0;
  for (const double v : x) square += v * v / 10;
  CHECK(many.terms.at(0) == Approx(0.04 * square + 0.16).margin(0.01));
  CHECK(anomaly_scores(data.model, data.normal, {.draws = 4, .nearest = 0.25}).terms.at(0) <
        anomaly_scores(data.model, data.normal, {.draws = 4}).terms.at(0));
  CHECK_THROWS_WITH(anomaly_scores(data.model, data.normal, {.levels = {1e6}}), Contains("[detect.levels]"));
  const NormalModel broken{[](const Tensor& at, double) { return at * NAN; }, share(VP{})};
  CHECK_THROWS_AS(anomaly_scores(broken, data.normal, {}), NumericalError);
}

TEST_CASE("levels are combined in units of normal data") {
  const Tensor terms = Tensor::from({1, 100, 3, 100}, {2, 2}, Dtype::f64);
  CHECK(combined(terms, terms) == std::vector<double>{0.75, 1.25});
  CHECK(combined(Tensor::from({4, 5}, {2, 1}, Dtype::f64), {}) == std::vector<double>{4, 5});
}

TEST_CASE("the anomalies of the Gaussian table are as far as they say, and the law of the others is its law") {
  const Dataset data = gaussian_anomalies(4000, 1);
  const GaussianLaw law = gaussian_features_law();
  // Whitened by the autoregression that the correlation 0.6^|j − k| is of.
  double normal = 0, anomalous = 0;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    double before = 0, square = 0;
    for (int j = 0; j < 10; ++j) {
      const double unit = (data.x.at(i * 10 + j) - law.mean.at(j)) / std::sqrt(law.covariance.at(j * 11));
      const double z = j == 0 ? unit : (unit - 0.6 * before) / 0.8;
      square += z * z;
      before = unit;
    }
    (data.labels[i] ? anomalous : normal) += square;
  }
  CHECK(normal / 3000 == Approx(10).margin(4 * std::sqrt(20. / 3000)));
  CHECK(anomalous / 1000 == Approx(19).margin(4 * std::sqrt(56. / 1000)));
}
