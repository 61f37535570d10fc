#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/applications/synthesis.h"
#include "tests/support/catch.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

/// Class c is N(3 e_c, I) in four dimensions.
Tensor law(const std::vector<std::int64_t>& labels, std::uint64_t seed) {
  Tensor x = Rng(seed).normal({std::ssize(labels), 4});
  auto values = x.data<float>();
  for (std::size_t i = 0; i < labels.size(); ++i) values[4 * i + static_cast<std::size_t>(labels[i])] += 3;
  return x;
}

/// Three classes of these sizes for training, and 300 of each held out.
Prepared data(const std::vector<std::int64_t>& sizes) {
  Prepared result;
  result.training.name = "clouds";
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    result.training.labels.insert(result.training.labels.end(), static_cast<std::size_t>(sizes[c]),
                                  static_cast<std::int64_t>(c));
    result.held_out.labels.insert(result.held_out.labels.end(), 300, static_cast<std::int64_t>(c));
  }
  result.training.x = law(result.training.labels, 1);
  result.held_out.x = law(result.held_out.labels, 2);
  return result;
}

double figure(const Findings& found, const std::string& name) {
  const auto at = std::ranges::find(found.figures, name, &Figure::name);
  REQUIRE(at != found.figures.end());
  return at->value;
}

const DrawLabelled exact = [](const std::vector<std::int64_t>& labels) { return law(labels, 3); };

}  // namespace

TEST_CASE("what is synthesised: n of each class that there is, or what each lacks") {
  const std::vector<std::int64_t> real = {0, 2, 2, 2, 0, 5};
  CHECK(synthesis_labels(real, {.n = 2}) == std::vector<std::int64_t>{0, 0, 2, 2, 5, 5});
  CHECK(synthesis_labels(real, {.balance = true}) == std::vector<std::int64_t>{0, 5, 5});
  CHECK_THROWS_WITH(synthesis_labels({0, 1}, {.balance = true}), Contains("every class has 1 samples already"));
  CHECK_THROWS_WITH(synthesis_labels({}, {}), Contains("expected data with labels"));
}

TEST_CASE("draws of the law are as useful as real data and give nothing away") {
  const Prepared real = data({300, 300, 300});
  const Findings found = synthesise(exact, real, {.n = 300, .seeds = 3});
  CHECK(figure(found, "accuracy_real") > 0.9);
  CHECK(figure(found, "accuracy_ratio") == Approx(1).margin(0.03));
  CHECK(figure(found, "nearest_ratio") == Approx(1).margin(0.1));
  CHECK(figure(found, "closer") == Approx(0.05).margin(0.03));  // two samples of 900: deviation 0.010
  CHECK(figure(found, "adversarial_training") == Approx(0.5).margin(0.04));
  CHECK(figure(found, "privacy_loss") == Approx(0).margin(0.05));
  REQUIRE(found.arrays.size() == 2);
  CHECK(found.arrays[0].second.shape() == Shape{900, 4});
}

TEST_CASE("copies of the training data, wrong labels and another law are found out") {
  const Prepared real = data({300, 300, 300});
  const Findings copies = synthesise([&](const auto&) { return real.training.x; }, real, {.n = 300, .seeds = 1});
  CHECK(figure(copies, "nearest_ratio") == 0);
  CHECK(figure(copies, "closer") == 1);
  CHECK(figure(copies, "adversarial_training") < 0.1);
  CHECK(figure(copies, "privacy_loss") > 0.3);
  const Findings mislabelled = synthesise(
      [](std::vector<std::int64_t> labels) {
        for (auto& label : labels) label = (label + 1) % 3;
        return law(labels, 4);
      },
      real, {.n = 300, .seeds = 1});
  CHECK(figure(mislabelled, "accuracy_ratio") < 0.2);
  const Findings far = synthesise([](const std::vector<std::int64_t>& labels) { return law(labels, 5) * 3; }, real,
                                  {.n = 300, .seeds = 1});
  CHECK(figure(far, "adversarial_training") > 0.7);
  CHECK_THROWS_AS(synthesise([](const auto&) { return Tensor::zeros({2, 4}); }, real, {}), ShapeError);
}

TEST_CASE("a rare class is recalled better with what it lacks") {
  const Prepared real = data({400, 400, 12});
  const Findings found = synthesise(exact, real, {.balance = true, .seeds = 4});
  CHECK(figure(found, "rarest_class") == 2);
  CHECK(found.arrays[0].second.extent(0) == 388);
  CHECK(figure(found, "recall_gain") > 0.05);
  const auto gain = std::ranges::find(found.figures, "recall_gain", &Figure::name);
  CHECK(gain->low > 0);
  CHECK_THROWS_WITH(synthesise(exact, Prepared{}, {}), Contains("expected labelled data"));
}
