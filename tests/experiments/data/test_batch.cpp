#include <algorithm>
#include <cmath>
#include <set>

#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/batch.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Images whose pixels are all different: row·10⁴ + y·100 + x·10 + channel.
Tensor numbered(std::int64_t n, std::int64_t height, std::int64_t width, std::int64_t channels) {
  Tensor x = Tensor::empty({n, height, width, channels});
  auto values = x.data<float>();
  std::size_t i = 0;
  for (std::int64_t b = 0; b < n; ++b)
    for (std::int64_t r = 0; r < height; ++r)
      for (std::int64_t c = 0; c < width; ++c)
        for (std::int64_t k = 0; k < channels; ++k) values[i++] = static_cast<float>(b * 10000 + r * 100 + c * 10 + k);
  return x;
}

float pixel(const Tensor& x, std::int64_t b, std::int64_t r, std::int64_t c, std::int64_t k = 0) {
  return x.data<float>()[((b * x.extent(1) + r) * x.extent(2) + c) * x.extent(3) + k];
}

}  // namespace

TEST_CASE("an epoch holds every sample once, and epochs differ") {
  const std::int64_t n = 103, batch = 8;
  BatchOrder order(5, n, batch);
  std::vector<std::int64_t> sequence;
  for (std::int64_t step = 0; step * batch < 2 * n; ++step)
    for (const auto row : order.indices(step)) sequence.push_back(row);
  for (int epoch = 0; epoch < 2; ++epoch) {
    const std::set<std::int64_t> seen(sequence.begin() + epoch * n, sequence.begin() + (epoch + 1) * n);
    CHECK(std::ssize(seen) == n);
    CHECK(*seen.begin() == 0);
    CHECK(*seen.rbegin() == n - 1);
  }
  CHECK_FALSE(std::equal(sequence.begin(), sequence.begin() + n, sequence.begin() + n));
}

TEST_CASE("a batch is a function of seed and step, whatever was asked before") {
  BatchOrder order(7, 50, 16);
  const auto late = order.indices(9);
  order.indices(0);
  CHECK(order.indices(9) == late);
  CHECK(batch_indices(7, 9, 16, 50) == late);
  CHECK(batch_indices(8, 9, 16, 50) != late);
  CHECK(batch_indices(7, 10, 16, 50) != late);
}

TEST_CASE("a batch may be larger than the data") {
  const auto rows = batch_indices(1, 0, 10, 4);
  REQUIRE(rows.size() == 10);
  for (std::int64_t k = 0; k < 4; ++k) CHECK(std::ranges::count(rows, k) >= 2);
}

TEST_CASE("batches refuse empty data and empty batches") {
  CHECK_THROWS_AS(BatchOrder(0, 0, 1), ConfigError);
  CHECK_THROWS_AS(BatchOrder(0, 1, 0), ConfigError);
}

TEST_CASE("flips mirror about half of the images, and nothing else") {
  const std::int64_t n = 400;
  const Tensor x = numbered(n, 3, 5, 2);
  const Tensor y = Augmentation({"flip"})(x, 3, 0);
  int flipped = 0;
  for (std::int64_t b = 0; b < n; ++b) {
    const bool mirrored = pixel(y, b, 0, 0) != pixel(x, b, 0, 0);
    flipped += mirrored;
    bool as_expected = true;
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 5; ++c)
        for (int k = 0; k < 2; ++k) as_expected &= pixel(y, b, r, c, k) == pixel(x, b, r, mirrored ? 4 - c : c, k);
    CHECK(as_expected);
  }
  CHECK(std::abs(flipped - 200) < 50);  // five deviations of a fair coin
}

TEST_CASE("shifts move images by each offset equally often and fill with the background or the edge") {
  const std::int64_t n = 1800;
  const Tensor x = numbered(n, 4, 6, 1);
  const Tensor background = Augmentation({"shift(1)"}, -7)(x, 3, 0), edge = Augmentation({"shift(1, edge)"})(x, 3, 0);
  int count[3][3] = {};
  for (std::int64_t b = 0; b < n; ++b) {
    // The centre pixel says where the image went.
    const auto centre = static_cast<int>(pixel(background, b, 2, 3) - static_cast<float>(b * 10000));
    const int dy = 2 - centre / 100, dx = 3 - centre % 100 / 10;
    REQUIRE((std::abs(dy) <= 1 && std::abs(dx) <= 1));
    ++count[dy + 1][dx + 1];
    bool filled = true;
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 6; ++c) {
        const int from_r = r - dy, from_c = c - dx;
        const bool inside = from_r >= 0 && from_r < 4 && from_c >= 0 && from_c < 6;
        filled &= pixel(background, b, r, c) == (inside ? pixel(x, b, from_r, from_c) : -7.0f);
        filled &= pixel(edge, b, r, c) == pixel(x, b, std::clamp(from_r, 0, 3), std::clamp(from_c, 0, 5));
      }
    CHECK(filled);
  }
  for (const auto& row : count)
    for (const int c : row) CHECK(std::abs(c - 200) < 70);  // five deviations of 1800 draws with probability 1/9
}

TEST_CASE("augmentation of a row depends on seed, step and its place in the batch alone") {
  const Tensor x = numbered(12, 4, 4, 1);
  const Augmentation augmentation({"flip", "shift(1)"});
  const auto whole = augmentation(x, 1, 4).to_vector();
  const Tensor first = augmentation(x.rows(0, 5), 1, 4), rest = augmentation(x.rows(5, 12), 1, 4, 5);
  const Tensor joined = concat({first, rest}, 0);
  CHECK(joined.to_vector() == whole);
  CHECK(augmentation(x, 1, 5).to_vector() != whole);
  CHECK(augmentation(x, 2, 4).to_vector() != whole);
  CHECK(augmentation(x.rows(5, 12), 1, 4, 0).to_vector() != rest.to_vector());
}

TEST_CASE("augmentation refuses unknown texts and data that are not images") {
  for (const char* text :
       {"flap", "shift", "shift()", "shift(0)", "shift(x)", "shift(1", "shift(1,wrap)", "shift(1.5)"}) {
    INFO(text);
    CHECK_THROWS_AS(Augmentation({text}), ConfigError);
  }
  CHECK_THROWS_WITH(Augmentation({"flap"}), Catch::Contains("flap") && Catch::Contains("shift(PIXELS)"));
  CHECK_THROWS_AS(Augmentation({"flip"})(Tensor::zeros({3, 2}), 0, 0), ShapeError);
  CHECK(Augmentation().empty());
}
