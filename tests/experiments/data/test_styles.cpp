#include <algorithm>

#include "fokker/experiments/data/styles.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// One dark image of 8 × 8 with a vertical bar.
Tensor bar(std::int64_t first, std::int64_t width) {
  Tensor x = Tensor::zeros({1, 8, 8, 1});
  for (std::int64_t y = 0; y < 8; ++y)
    for (std::int64_t c = first; c < first + width; ++c) x.data<float>()[y * 8 + c] = 16;
  return x;
}

double middle_row(const Tensor& x) {
  double total = 0;
  for (std::int64_t c = 0; c < 8; ++c) total += x.at(4 * 8 + c) / 16;
  return total;
}

}  // namespace

TEST_CASE("thin and bold change the width of a bar, and leave dark and bright as they are") {
  const ValueRange range{0, 16};
  const Tensor x = bar(2, 3);
  CHECK(middle_row(bold(x, range)) > 3.3);
  CHECK(middle_row(bold(x, range)) < 4.0);
  CHECK(middle_row(thin(x, range)) < 2.7);
  CHECK(max(Tensor(thin(x, range)).view({64}), 0).item() == Approx(16));
  CHECK(max(Tensor(bold(x, range)).view({64}), 0).item() == Approx(16));
  const Tensor dark = Tensor::zeros({1, 8, 8, 1});
  CHECK(thin(dark, range).to_vector() == dark.to_vector());
  CHECK(bold(dark, range).to_vector() == dark.to_vector());
}

TEST_CASE("styles commute with the units and treat channels alone") {
  const Dataset digits = load_dataset("digits");
  const Tensor x = digits.x.rows(0, 3);
  for (const auto& entry : style_entries()) {
    const Tensor scaled = entry.apply(x * (1 / 8.0) - 1.0, {-1, 1}), y = entry.apply(x, {0, 16}) * (1 / 8.0) - 1.0;
    INFO(entry.name);
    CHECK(max(abs(scaled - y).view({y.size()}), 0).item() < 1e-5);
    CHECK(y.to_vector() != x.to_vector());
    const Tensor colour = entry.apply(x.view({1, 8, 12, 2}), {0, 16});
    CHECK(colour.shape() == Shape{1, 8, 12, 2});
  }
}

TEST_CASE("an inverted image inverts back, and a slanted bar leans to the right") {
  const ValueRange range{0, 16};
  const Tensor x = bar(3, 1);
  CHECK(inverted(inverted(x, range), range).to_vector() == x.to_vector());
  const Tensor y = slanted(x, range);
  for (std::int64_t row = 0; row < 8; ++row) {
    double total = 0, centre = 0;
    for (std::int64_t c = 0; c < 8; ++c) {
      total += y.at(row * 8 + c);
      centre += y.at(row * 8 + c) * static_cast<double>(c);
    }
    CHECK(total == Approx(16));
    CHECK(centre / total == Approx(3 + 0.25 * (3.5 - static_cast<double>(row))));
  }
}

TEST_CASE("an unknown style is named with the nearest one") {
  CHECK_THROWS_WITH(styled("bould", bar(1, 2), {0, 16}), Catch::Contains("did you mean \"bold\"?"));
  CHECK_THROWS_AS(thin(Tensor::zeros({8, 8}), {0, 16}), ShapeError);
}

TEST_CASE("digits in styles come in pairs, which no split tears apart") {
  for (const std::int64_t n : {0, 1000}) {
    const Dataset all = load_dataset("styles", {.n = n}), digits = load_dataset("digits");
    const std::int64_t looks = std::ssize(style_entries()) + 1;
    CHECK(all.size() == (n > 0 ? n : looks * digits.size()));
    CHECK(all.classes() == looks);
    const Tensor bolder = bold(digits.x, digits.range);
    for (std::int64_t row = 0; row < all.size(); row += 97) {
      const auto i = static_cast<std::size_t>(row);
      const Tensor plain = digits.x.rows(all.pairs[i], all.pairs[i] + 1);
      if (all.labels[i] == 0) CHECK(all.x.rows(row, row + 1).to_vector() == plain.to_vector());
      if (all.labels[i] == 2)
        CHECK(all.x.rows(row, row + 1).to_vector() == bolder.rows(all.pairs[i], all.pairs[i] + 1).to_vector());
    }
    const Prepared split = prepare({.source = "styles", .n = n}, 7);
    for (const auto pair : split.held_out.pairs) CHECK(std::ranges::count(split.training.pairs, pair) == 0);
    const double share = static_cast<double>(split.held_out.size()) / static_cast<double>(all.size());
    CHECK(share == Approx(0.2).margin(0.01));
  }
}
