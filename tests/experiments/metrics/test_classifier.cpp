#include <algorithm>
#include <chrono>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/split.h"
#include "fokker/experiments/metrics/classifier.h"
#include "fokker/experiments/statistics/frechet.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

struct Parts {
  Dataset training, held_out;
};

Parts digits(std::uint64_t seed = 0) {
  const Dataset all = load_dataset("digits");
  const Split split = split_rows(all, {.held_out = 0.2, .seed = seed});
  return {subset(all, split.training), subset(all, split.held_out)};
}

}  // namespace

TEST_CASE("the classifier names 97 of 100 held-out digits within 15 seconds") {
  constexpr int splits = 3;
  double held_out = 0;
  for (std::uint64_t seed = 0; seed < splits; ++seed) {
    const Parts data = digits(seed);
    const auto start = std::chrono::steady_clock::now();
    const FeatureClassifier classifier(data.training, {.seed = seed});
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 15);
    CHECK(classifier.accuracy(data.training) > 0.99);
    held_out += classifier.accuracy(data.held_out) / splits;
  }
  CHECK(held_out >= 0.97);
}

TEST_CASE("features are those of one row whatever the batch, and not negative") {
  const Parts data = digits();
  const FeatureClassifier classifier(data.training, {.steps = 30});
  const Tensor features = classifier.features(data.held_out.x);
  CHECK(features.shape() == Shape{data.held_out.size(), 64});
  CHECK(std::ranges::min(std::as_const(features).data<float>()) >= 0);
  CHECK(std::ranges::max(std::as_const(features).data<float>()) > 0);
  CHECK(classifier.features(data.held_out.x.rows(300, 301)).to_vector() == features.rows(300, 301).to_vector());
  CHECK(classifier.features(cast(data.held_out.x, Dtype::f64)).to_vector() == features.to_vector());
}

TEST_CASE("the same data and seed give the same classifier for any number of threads; another seed another one") {
  const Parts data = digits();
  const int threads = thread_count();
  const auto features = [&](int count, std::uint64_t seed) {
    set_thread_count(count);
    return FeatureClassifier(data.training, {.steps = 30, .seed = seed}).features(data.held_out.x).to_vector();
  };
  const auto once = features(1, 0);
  CHECK(features(3, 0) == once);
  CHECK(features(1, 1) != once);
  set_thread_count(threads);
}

TEST_CASE("the units of the data do not matter") {
  Parts data = digits();
  const FeatureClassifier classifier(data.training, {.steps = 100});
  const Tensor before = classifier.features(data.held_out.x);
  data.training.x = data.training.x * 100 + 7;
  const FeatureClassifier other(data.training, {.steps = 100});
  const Tensor after = other.features(data.held_out.x * 100 + 7);
  CHECK(frechet_distance(before, after) < 0.01 * frechet_distance(before, before * 2));
}

TEST_CASE("the classifier refuses data that it cannot learn") {
  const Dataset unlabelled{.x = Tensor::zeros({4, 2})};
  const Dataset single{.x = Tensor::zeros({4, 2}), .labels = {0, 0, 0, 0}};
  CHECK_THROWS_AS(FeatureClassifier(unlabelled), ConfigError);
  CHECK_THROWS_AS(FeatureClassifier(single), ConfigError);
  const Dataset two{.x = Tensor::from({0, 1, 2, 3, 4, 5, 6, 7}, {4, 2}), .labels = {0, 1, 0, 1}};
  CHECK_THROWS_AS(FeatureClassifier(two, {.steps = 0}), ConfigError);
  const FeatureClassifier classifier(two, {.steps = 2});
  CHECK_THROWS_AS(classifier.features(Tensor::zeros({4, 3})), ShapeError);
  CHECK_THROWS_AS(classifier.accuracy(unlabelled), ShapeError);
}
