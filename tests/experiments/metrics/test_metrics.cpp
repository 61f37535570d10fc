#include <cmath>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/split.h"
#include "fokker/experiments/metrics/feature_network.h"
#include "fokker/experiments/metrics/metrics.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

Tensor normal(std::int64_t n, std::int64_t d, std::uint64_t seed) { return Rng(seed).normal({n, d}, Dtype::f64); }

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
  CHECK(digits_evaluator().classifier_accuracy() > 0.9);  // of four fifths of 1,077
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

TEST_CASE("the Fréchet distance has one unit for all runs on a data set, whatever their seed and preparation") {
  std::vector<MetricResult> found;
  std::vector<std::shared_ptr<const FeatureNetwork>> networks;
  for (const auto& [seed, dequantise] : {std::pair<std::uint64_t, bool>{0, false}, {0, true}, {1, false}}) {
    const Prepared data = prepare({.source = "digits", .dequantise = dequantise}, seed);
    networks.push_back(feature_network(data.original, {.steps = 300}));
    const Evaluator evaluator(data, {.metrics = {"frechet"}, .classifier_steps = 300, .seed = seed});
    found.push_back(evaluator(data.scaling.invert(data.held_out.x))[0]);
    CHECK(evaluator.classifier_accuracy() > 0.95);
    CHECK(evaluator.classifier_accuracy() < 1);
  }
  for (std::size_t i : {1, 2}) {
    CHECK(networks[0] == networks[i]);  // trained once
    CHECK(found[0].features == found[i].features);
  }
  CHECK_THAT(found[0].features, Catch::Contains("digits") && Catch::Contains("sha256"));
  CHECK(found[0].reference == Approx(found[1].reference).epsilon(0.1));  // the same rows, nearly the same values
  Dataset other = load_dataset("digits");
  other.labels[0] = (other.labels[0] + 1) % 10;
  CHECK(feature_network(other, {.steps = 300})->name() != networks[0]->name());
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
  Dataset data{.x = cast(normal(60, 2, 1), Dtype::f32)}, held_out{.x = cast(normal(60, 2, 2), Dtype::f32)};
  for (std::int64_t i = 0; i < 60; ++i) data.labels.push_back(i % 2);
  held_out.labels = data.labels;
  for (const auto& entry : metric_entries()) {
    INFO(entry.name);
    CHECK(std::string(entry.description).size() > 10);
    const auto results = evaluate(held_out.x, data, held_out, {.metrics = {entry.name}});
    REQUIRE(results.size() == entry.results.size());
    for (std::size_t k = 0; k < results.size(); ++k) CHECK(results[k].name == entry.results[k]);
  }
  auto names = metric_names();
  std::erase(names, "modes");  // needs labels
  CHECK(MetricConfig{}.metrics == names);
}

TEST_CASE("standardised figures do not depend on the units of the features") {
  const auto table = [](std::uint64_t seed, const Tensor& units) {
    return Dataset{.x = cast(normal(200, 2, seed), Dtype::f32) * units, .labels = {}, .range = {-5000, 5000}};
  };
  const Tensor one = Tensor::from({1, 1}, {2}), mixed = Tensor::from({1, 1024}, {2});
  const auto figures = [&](const Tensor& units, bool standardise) {
    const Evaluator evaluator(table(1, units), table(2, units),
                              {.metrics = {"sliced_w2", "energy", "mmd", "precision_recall", "nearest_neighbour"},
                               .standardise = standardise});
    return evaluator((cast(normal(200, 2, 3), Dtype::f32) + Tensor::from({2, 0}, {2})) * units);
  };
  const auto plain = figures(one, true), scaled = figures(mixed, true), raw = figures(mixed, false);
  for (std::size_t k = 0; k < plain.size(); ++k) {
    INFO(plain[k].name);
    CHECK(scaled[k].value == Approx(plain[k].value).epsilon(1e-5));
    CHECK(scaled[k].reference == Approx(plain[k].reference).epsilon(1e-5));
  }
  // In its own units the second feature hides that the first one is shifted.
  CHECK(figure(plain, "energy").value > 0.5);
  CHECK(figure(raw, "energy").value < 0.01 * 1024);
  CHECK(figure(plain, "sliced_w2").value > 5 * figure(plain, "sliced_w2").reference);
  CHECK(figure(raw, "sliced_w2").value < 3 * figure(raw, "sliced_w2").reference);
}
