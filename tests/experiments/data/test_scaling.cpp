#include <algorithm>
#include <cmath>
#include <utility>

#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/signals.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("images come to [-1, 1] and back") {
  const Dataset data = load_dataset("digits");
  const Prepared parts = prepare(data, {.held_out = 0.2}, 0);
  const auto [low, high] = std::ranges::minmax(std::as_const(parts.training.x).data<float>());
  CHECK(low == -1);
  CHECK(high == 1);
  CHECK(parts.training.range.low == -1);
  CHECK(parts.held_out.range.high == 1);
  CHECK(parts.range.high == 16);
  CHECK(parts.scaling.invert(parts.held_out.x).to_vector() == subset(data, parts.held_out_index).x.to_vector());
}

TEST_CASE("signals share one scale, features of a table have their own, and both come back") {
  Dataset table = load_dataset("breast_cancer"), signals = load_dataset("chirps", {.n = 300});
  const Prepared features = prepare(table, {.held_out = 0.2}, 0), waves = prepare(signals, {.held_out = 0.2}, 0);
  CHECK(features.scaling.scale.shape() == Shape{30});
  CHECK(waves.scaling.scale.shape() == Shape{});
  double sum = 0, squares = 0;
  const auto values = std::as_const(waves.training.x).data<float>();
  for (const double value : values) sum += value, squares += value * value;
  CHECK(sum / static_cast<double>(values.size()) == Approx(0).margin(1e-5));
  CHECK(squares / static_cast<double>(values.size()) == Approx(1).epsilon(1e-5));
  for (const auto& [parts, data] : {std::pair{&features, &table}, std::pair{&waves, &signals}}) {
    const auto back = parts->scaling.invert(parts->held_out.x).to_vector();
    const auto original = subset(*data, parts->held_out_index).x.to_vector();
    for (std::size_t i = 0; i < back.size(); ++i)
      CHECK(std::abs(back[i] - original[i]) < 1e-5 * std::max(1.0, std::abs(original[i])));
    for (const double value : {parts->training.range.low, parts->training.range.high}) CHECK(std::isfinite(value));
  }
  CHECK(waves.training.signals);
  CHECK_FALSE(features.training.signals);
  // Signals of the user's own say so by their scaling.
  signals.signals = false;
  CHECK(prepare(signals, {.held_out = 0.2}, 0).scaling.scale.shape() == Shape{signal_length});
  CHECK(prepare(signals, {.held_out = 0.2, .scaling = "standardise_all"}, 0).training.signals);
}

TEST_CASE("scaling: constant features, one scale for images, nothing for regression") {
  Dataset constant{.x = Tensor::from({1, 7, 3, 7}, {2, 2}), .name = "constant", .range = {1, 7}};
  const Scaling scaling = make_scaling("standardise", constant);
  CHECK(scaling.apply(constant.x).to_vector() == std::vector<double>{-1, 0, 1, 0});
  const ValueRange range = scaling.apply(constant.range);
  CHECK(range.low == -6);
  CHECK(range.high == 5);
  constant.range = {7, 7};
  CHECK_THROWS_AS(make_scaling("range", constant), ConfigError);
  const Dataset image{.x = Tensor::from({0, 2, 4, 6}, {2, 1, 2, 1}), .range = {0, 6}};
  CHECK(make_scaling("standardise", image).shift.item() == 3);
  CHECK(scaling_kind("auto", image) == "range");
  CHECK(scaling_kind("auto", Dataset{.x = Tensor::ones({3, 2})}) == "standardise");
  CHECK(scaling_kind("auto", load_dataset("regression_toy", {.n = 3})) == "none");
  CHECK_THROWS_WITH(scaling_kind("standardize", image), Catch::Contains("did you mean \"standardise\""));
}
