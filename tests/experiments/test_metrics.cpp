#include <cmath>
#include <limits>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/parallel.h"
#include "fokker/core/rng.h"
#include "fokker/experiments/frechet.h"
#include "fokker/experiments/metrics.h"
#include "fokker/experiments/neighbours.h"
#include "fokker/experiments/split.h"
#include "fokker/experiments/two_sample.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor line(std::initializer_list<double> x) { return Tensor::from(x, {std::ssize(x), 1}, Dtype::f64); }

Tensor normal(std::int64_t n, std::int64_t d, std::uint64_t seed) { return Rng(seed).normal({n, d}, Dtype::f64); }

/// 2D rows with mean 0 and covariance I exactly.
Tensor white(std::int64_t d) {
  Tensor x = Tensor::zeros({2 * d, d}, Dtype::f64);
  for (std::int64_t k = 0; k < d; ++k) {
    x.data<double>()[2 * k * d + k] = std::sqrt((2. * d - 1) / 2);
    x.data<double>()[(2 * k + 1) * d + k] = -std::sqrt((2. * d - 1) / 2);
  }
  return x;
}

/// Mean of f over `pairs` pairs of samples of n numbers from N(0, 1) and N(shift, 1), and its standard error.
template <class F>
std::pair<double, double> over_pairs(int pairs, std::int64_t n, double shift, F f) {
  double sum = 0, squares = 0;
  for (int k = 0; k < pairs; ++k) {
    const double v = f(normal(n, 1, 2 * k + 1), normal(n, 1, 2 * k + 2) + shift);
    sum += v;
    squares += v * v;
  }
  const double mean = sum / pairs;
  return {mean, std::sqrt((squares / pairs - mean * mean) / pairs)};
}

/// The digits in three parts of 1,077, 360 and 360, in [−1, 1].
struct Digits {
  Dataset training, held_out, fresh;
};

const Digits& digits() {
  static const Digits parts = [] {
    Dataset all = load_dataset("digits");
    all.x = all.x * 0.125 - 1;
    const Split outer = split_rows(all, {.held_out = 0.2});
    const Dataset rest = subset(all, outer.training);
    const Split inner = split_rows(rest, {.held_out = 0.25});
    return Digits{subset(rest, inner.training), subset(all, outer.held_out), subset(rest, inner.held_out)};
  }();
  return parts;
}

const Evaluator& digits_evaluator() {
  static const Evaluator evaluator(digits().training, digits().held_out);
  return evaluator;
}

MetricResult figure(const std::vector<MetricResult>& results, const std::string& name) {
  for (const auto& result : results)
    if (result.name == name) return result;
  FAIL("no figure " << name);
  return {};
}

}  // namespace

TEST_CASE("Wasserstein-2 on a line is exact") {
  CHECK(sliced_w2(line({0, 1, 5}), line({3, 4, 8}), 4, 0) == Approx(3).epsilon(1e-12));
  CHECK(sliced_w2(line({5, 0, 1}), line({1, 5, 0}), 4, 0) == Approx(0).margin(1e-12));
  CHECK(sliced_w2(line({0, 1}), line({0}), 4, 0) == Approx(std::sqrt(0.5)).epsilon(1e-12));
  // Thirds against halves: the quantile functions meet at ⅓, ½ and ⅔.
  const double exact = (0. * 2 + 1. * 1 + 1. * 1 + 4. * 2) / 6;  // (0−0)², (1−0)², (1−2)², (4−2)²
  CHECK(sliced_w2(line({0, 1, 4}), line({0, 2}), 4, 0) == Approx(std::sqrt(exact)).epsilon(1e-12));
}

TEST_CASE("sliced Wasserstein-2 of a translation and of a change of scale have their closed forms") {
  const Tensor x = normal(500, 2, 1);
  const Tensor shifted = x + Tensor::from({3, 4}, {2}, Dtype::f64);
  // E (θ·c)² = |c|²/2; cos² has deviation 8^−½.
  const int projections = 4000;
  const double squared = std::pow(sliced_w2(x, shifted, projections, 5), 2);
  CHECK(squared / 25 == Approx(0.5).margin(5 * std::sqrt(1. / 8 / projections)));
  CHECK(sliced_w2(x, shifted, 200, 5) == sliced_w2(x, shifted, 200, 5));
  CHECK(sliced_w2(x, shifted, 200, 5) != sliced_w2(x, shifted, 200, 6));
  // N(0, I) against N(0, 9 I): each projection is at distance |1 − 3|.
  CHECK(sliced_w2(normal(20'000, 3, 2), normal(20'000, 3, 3) * 3, 50, 5) == Approx(2).margin(0.05));
  CHECK_THROWS_AS(sliced_w2(x, normal(5, 3, 1), 10, 0), ShapeError);
  CHECK_THROWS_AS(sliced_w2(x, x, 0, 0), ConfigError);
}

TEST_CASE("energy distance of small sets by hand") {
  CHECK(energy_distance(line({0, 1}), line({3, 5})) == Approx(2 * 3.5 - 1 - 2).epsilon(1e-12));
  CHECK(energy_distance(line({0, 2}), line({1, 1})) == Approx(0).margin(1e-12));
  const Tensor a = Tensor::from({0, 0, 3, 4}, {2, 2}, Dtype::f64), b = Tensor::from({0, 0, 0, 0}, {2, 2}, Dtype::f64);
  CHECK(energy_distance(a, b) == Approx(2 * 2.5 - 5 - 0).margin(1e-12));
  CHECK_THROWS_AS(energy_distance(line({1}), line({1, 2})), ShapeError);
}

TEST_CASE("energy distance of normal laws has its closed form in the mean") {
  for (const double shift : {0., 0.7}) {
    const auto [mean, error] =
        over_pairs(300, 30, shift, [](const Tensor& a, const Tensor& b) { return energy_distance(a, b); });
    // |a − b| is a folded normal law of deviation √2; within a set its mean is 2/√π.
    const double folded = 2 / std::sqrt(std::numbers::pi) * std::exp(-shift * shift / 4) + shift * std::erf(shift / 2);
    CHECK(mean == Approx(2 * folded - 4 / std::sqrt(std::numbers::pi)).margin(5 * error));
    CHECK(error < 0.02);
  }
}

TEST_CASE("squared MMD of small sets by hand") {
  const double h = 0.8;
  const auto kernel = [h](double d) {
    double sum = 0;
    for (const double factor : {0.25, 0.5, 1., 2., 4.}) sum += std::exp(-d * d / (2 * factor * factor * h * h)) / 5;
    return sum;
  };
  const double between = (kernel(1.5) + kernel(3) + kernel(0.5) + kernel(2)) / 4;
  CHECK(mmd_squared(line({0, 1}), line({1.5, 3}), h) == Approx(kernel(1) + kernel(1.5) - 2 * between).epsilon(1e-12));
  CHECK_THROWS_AS(mmd_squared(line({0, 1}), line({0, 1}), 0), ConfigError);
}

TEST_CASE("squared MMD is unbiased") {
  const double h = 1;
  for (const double shift : {0., 0.7}) {
    const auto [mean, error] =
        over_pairs(300, 20, shift, [h](const Tensor& a, const Tensor& b) { return mmd_squared(a, b, h); });
    double exact = 0, diagonal = 0;
    for (const double factor : {0.25, 0.5, 1., 2., 4.}) {
      const double b2 = factor * factor * h * h, overlap = std::sqrt(b2 / (b2 + 2));
      exact += 2 * overlap * (1 - std::exp(-shift * shift / (2 * (b2 + 2)))) / 5;
      diagonal += 2 * (1 - overlap) / 20 / 5;  // what pairs of a row with itself would add
    }
    CHECK(mean == Approx(exact).margin(5 * error));
    CHECK(diagonal > 10 * error);  // so the biased estimate would fail
  }
}

TEST_CASE("median and median distance") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK_THROWS_AS(median({}), ShapeError);
  CHECK(median_distance(line({0, 1, 5})) == 4);
}

TEST_CASE("Fréchet distance of Gaussian fits has its closed form") {
  const Tensor w = white(3);
  CHECK(frechet_distance(w, w) == Approx(0).margin(1e-10));
  CHECK(frechet_distance(w, w + Tensor::from({1, 2, 2}, {3}, Dtype::f64)) == Approx(9).epsilon(1e-10));
  // Commuting: Σ (σ_a − σ_b)².
  const Tensor scaled = w * Tensor::from({2, 3, 0}, {3}, Dtype::f64);
  CHECK(frechet_distance(w, scaled) == Approx(1 + 4 + 1).epsilon(1e-10));
  // Not commuting, in the plane: tr (A^½ B A^½)^½ = (tr AB + 2 (det AB)^½)^½.
  const Tensor la = Tensor::from({2, 0, 1, 1}, {2, 2}, Dtype::f64),
               lb = Tensor::from({1, -1, 0, 3}, {2, 2}, Dtype::f64);
  const Tensor a = matmul(white(2), la, Transpose::no, Transpose::yes);
  const Tensor b = matmul(white(2), lb, Transpose::no, Transpose::yes);
  // A = [4 2; 2 2], B = [2 −3; −3 9]: tr A + tr B = 17, tr AB = 14, det A det B = 4 · 9.
  CHECK(frechet_distance(a, b) == Approx(17 - 2 * std::sqrt(14 + 2 * 6)).epsilon(1e-10));
  CHECK(frechet_distance(b, a) == Approx(frechet_distance(a, b)).epsilon(1e-10));
  CHECK_THROWS_AS(frechet_distance(white(2), white(3)), ShapeError);
  CHECK_THROWS_AS(frechet_distance(line({1}), line({1, 2})), ShapeError);
}

TEST_CASE("neighbour distances agree with all pairs, also far from the origin") {
  for (const double offset : {0., 1e6}) {
    const Tensor a = normal(70, 5, 1) + offset, b = normal(90, 5, 2) + offset;
    for (const int k : {1, 4}) {
      const auto found = neighbour_distances(a, b, k);
      for (std::int64_t i = 0; i < 70; ++i) {
        std::vector<double> all;
        for (std::int64_t j = 0; j < 90; ++j) {
          double sum = 0;
          for (int c = 0; c < 5; ++c) sum += std::pow(a.at(i * 5 + c) - b.at(j * 5 + c), 2);
          all.push_back(std::sqrt(sum));
        }
        std::sort(all.begin(), all.end());
        CHECK(found[i] == Approx(all[k - 1]).epsilon(1e-7));
      }
    }
  }
  CHECK(neighbour_distances(line({0, 1, 5}), line({0, 1, 5}), 1) == std::vector<double>{0, 0, 0});
  CHECK(neighbour_distances(line({0, 1, 5}), line({0, 1, 5}), 1, Self::leave_out) == std::vector<double>{1, 1, 4});
  CHECK_THROWS_AS(neighbour_distances(line({0, 1}), line({0, 1}), 2, Self::leave_out), ShapeError);
}

TEST_CASE("precision and recall of sets by hand") {
  const Tensor real = line({0, 1, 10, 11});  // balls of radius 1
  const auto half = precision_recall(line({0.5, 10.5, 20, 30}), real, 1);
  CHECK(half.precision == 0.5);
  CHECK(half.recall == 1);  // balls of radius 9.5 and 10 around 0.5 and 10.5
  const auto dropped = precision_recall(line({0, 0.2, 0.5, 1}), real, 1);
  CHECK(dropped.precision == 1);
  CHECK(dropped.recall == 0.5);
  const auto away = precision_recall(real + 100, real, 1);
  CHECK(away.precision == 0);
  CHECK(away.recall == 0);
  const auto same = precision_recall(real, real, 1);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
}

TEST_CASE("nearest-neighbour ratio by hand") {
  const Tensor training = line({0, 10, 20}), held_out = line({2, 12, 23});
  CHECK(nearest_neighbour_ratio(line({1, 9, 24}), training, held_out) == Approx(0.5));
  CHECK(nearest_neighbour_ratio(training, training, held_out) == 0);
  CHECK(nearest_neighbour_ratio_of_training(training, training, held_out) == Approx(5));
  CHECK_THROWS_AS(nearest_neighbour_ratio(training, training, training), NumericalError);
}

TEST_CASE("real digits against real ones: every figure is near its reference") {
  const auto results = digits_evaluator()(digits().fresh.x);
  CHECK(results.size() == 7);
  for (const auto& result : results) {
    INFO(result.name << " " << result.value << " against " << result.reference);
    CHECK(std::isfinite(result.value));
    CHECK(std::isfinite(result.reference));
  }
  CHECK(figure(results, "sliced_w2").value < 1.5 * figure(results, "sliced_w2").reference);
  CHECK(std::abs(figure(results, "energy").value) < 0.02);
  CHECK(std::abs(figure(results, "mmd").value) < 0.003);
  CHECK(figure(results, "frechet").value < 2 * figure(results, "frechet").reference);
  for (const char* name : {"precision", "recall"}) {
    CHECK(figure(results, name).value > 0.85);
    CHECK(figure(results, name).value == Approx(figure(results, name).reference).margin(0.08));
  }
  CHECK(figure(results, "nearest_neighbour").value == Approx(1).margin(0.1));
  CHECK(figure(results, "nearest_neighbour").reference == Approx(1).margin(0.1));
  CHECK(digits_evaluator().classifier_accuracy() > 0.95);
}

TEST_CASE("shifted, noisy, incomplete and copied samples are each found out") {
  const auto real = digits_evaluator()(digits().fresh.x);
  const auto value = [](const std::vector<MetricResult>& results, const char* name) {
    return figure(results, name).value;
  };
  SECTION("brighter by an eighth of the range") {
    const auto bright = digits_evaluator()(digits().fresh.x + 0.25);
    for (const char* name : {"sliced_w2", "energy", "mmd", "frechet"})
      CHECK(value(bright, name) > 2 * value(real, name));
    CHECK(value(bright, "energy") > 0.2);
    CHECK(value(bright, "mmd") > 0.02);
  }
  SECTION("noise") {
    const Tensor noise = Rng(3).normal(digits().fresh.x.shape()) * 0.4;
    const auto noisy = digits_evaluator()(digits().fresh.x + noise);
    CHECK(value(noisy, "precision") < 0.3);
    CHECK(value(noisy, "nearest_neighbour") > 1.3);
    CHECK(value(noisy, "frechet") > 2 * value(real, "frechet"));
  }
  SECTION("without the digits 5 to 9") {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < digits().fresh.size(); ++i)
      if (digits().fresh.labels[i] < 5) rows.push_back(i);
    const auto half = digits_evaluator()(subset(digits().fresh, rows).x);
    CHECK(value(half, "recall") < 0.75);
    CHECK(value(half, "precision") > 0.85);
    CHECK(value(half, "frechet") > 5 * value(real, "frechet"));
    CHECK(value(half, "energy") > 0.05);
  }
  SECTION("copies of training samples") {
    const auto copies = digits_evaluator()(digits().training.x.rows(0, 360));
    CHECK(value(copies, "nearest_neighbour") == 0);
    CHECK(value(copies, "precision") > 0.85);  // what the other figures do not see
  }
}

TEST_CASE("figures do not depend on the number of threads") {
  const int threads = thread_count();
  const Tensor samples = digits().fresh.x;
  std::vector<std::vector<MetricResult>> results;
  for (const int count : {1, 3}) {
    set_thread_count(count);
    results.push_back(evaluate(samples, digits().training, digits().held_out, {.classifier_steps = 50}));
  }
  set_thread_count(threads);
  for (std::size_t k = 0; k < results[0].size(); ++k) {
    INFO(results[0][k].name);
    CHECK(results[0][k].value == results[1][k].value);
    CHECK(results[0][k].reference == results[1][k].reference);
  }
}

TEST_CASE("copies within the training data do not count as neighbours of the reference") {
  Dataset training{.x = cast(normal(200, 2, 1), Dtype::f32)}, held_out{.x = cast(normal(100, 2, 2), Dtype::f32)};
  const MetricConfig config{.metrics = {"nearest_neighbour"}};
  const auto once = evaluate(held_out.x, training, held_out, config);
  training.x = concat({training.x, training.x}, 0);
  const auto twice = evaluate(held_out.x, training, held_out, config);
  CHECK(once[0].value == 1);
  CHECK(twice[0].value == 1);
  CHECK(twice[0].reference == Approx(once[0].reference).margin(0.25));
  CHECK(twice[0].reference > 0.5);
}

TEST_CASE("data without labels are compared by their values, and many held-out samples by some of them") {
  const Dataset training{.x = cast(normal(300, 2, 1), Dtype::f32)}, held_out{.x = cast(normal(250, 2, 2), Dtype::f32)};
  const auto all = evaluate(held_out.x, training, held_out, {.metrics = {"frechet"}});
  CHECK(all[0].value == Approx(0).margin(1e-9));
  const Evaluator some(training, held_out, {.metrics = {"frechet"}, .limit = 100});
  CHECK(some(held_out.x)[0].value > 1e-5);
  CHECK(some(held_out.x)[0].value < 0.2);
  CHECK(std::isnan(some.classifier_accuracy()));
}

TEST_CASE("the evaluator refuses what it cannot judge, and says why") {
  const Dataset data{.x = cast(normal(30, 2, 1), Dtype::f32)}, single{.x = Tensor::zeros({1, 2})};
  CHECK_THROWS_WITH(Evaluator(data, data, {.metrics = {"sliced_w3"}}),
                    Catch::Contains("sliced_w3") && Catch::Contains("did you mean \"sliced_w2\""));
  CHECK_THROWS_WITH(Evaluator(data, single), Catch::Contains("data.held_out"));
  CHECK_THROWS_AS(Evaluator(data, {.x = Tensor::zeros({5, 3})}), ShapeError);
  const Evaluator evaluator(data, data, {.metrics = {"energy"}});
  CHECK_THROWS_AS(evaluator(Tensor::zeros({5, 3})), ShapeError);
  CHECK_THROWS_AS(evaluator(Tensor::zeros({1, 2})), ShapeError);
  Tensor bad = Tensor::zeros({5, 2});
  bad.data<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(evaluator(bad), NumericalError);
  CHECK_THROWS_WITH(evaluator(bad), Catch::Contains("sample 3"));
}

TEST_CASE("every registered metric is described and runs alone") {
  const Dataset data{.x = cast(normal(60, 2, 1), Dtype::f32)}, held_out{.x = cast(normal(60, 2, 2), Dtype::f32)};
  for (const auto& entry : metric_entries()) {
    INFO(entry.name);
    CHECK(std::string(entry.description).size() > 10);
    const auto results = evaluate(held_out.x, data, held_out, {.metrics = {entry.name}});
    REQUIRE(results.size() == entry.results.size());
    for (std::size_t k = 0; k < results.size(); ++k) CHECK(results[k].name == entry.results[k]);
  }
  CHECK(MetricConfig{}.metrics == metric_names());
}
