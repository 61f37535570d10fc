#include <algorithm>
#include <cmath>

#include "fokker/experiments/data/prepare.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

std::int64_t count(const Dataset& data, std::int64_t label) { return std::ranges::count(data.labels, label); }

}  // namespace

TEST_CASE("a thinned class keeps a share of its training samples and all that are held out") {
  const Prepared full = prepare({.source = "digits"}, 3);
  const Prepared thin = prepare({.source = "digits", .thin_class = 8, .thin_share = 0.05}, 3);
  const std::int64_t before = count(full.training, 8);
  CHECK(count(thin.training, 8) == std::lround(0.05 * static_cast<double>(before)));
  CHECK(thin.training.size() == full.training.size() - before + count(thin.training, 8));
  CHECK(thin.held_out_index == full.held_out_index);
  for (std::int64_t label = 0; label < 8; ++label) CHECK(count(thin.training, label) == count(full.training, label));
  // The rows kept are the same rows as before, with their labels.
  for (std::int64_t i = 0; i < thin.training.size(); i += 97) {
    const auto row = thin.training_index[static_cast<std::size_t>(i)];
    const auto at = std::ranges::find(full.training_index, row) - full.training_index.begin();
    CHECK(full.training.labels[static_cast<std::size_t>(at)] == thin.training.labels[static_cast<std::size_t>(i)]);
  }
  const Prepared other = prepare({.source = "digits", .thin_class = 8, .thin_share = 0.05}, 4);
  CHECK(other.training_index != thin.training_index);
}

TEST_CASE("a thinned class that is balanced again repeats what was kept") {
  const Prepared data = prepare({.source = "digits", .thin_class = 8, .thin_share = 0.001, .balance = true}, 0);
  const std::int64_t eights = count(data.training, 8);
  CHECK(eights == count(data.training, 3));
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < data.training.labels.size(); ++i)
    if (data.training.labels[i] == 8) rows.push_back(data.training_index[i]);
  CHECK(std::ranges::count(rows, rows.front()) == eights);  // one sample was kept
}

TEST_CASE("a class that is not there cannot be thinned") {
  CHECK_THROWS_WITH(prepare({.source = "digits", .thin_class = 12}, 0), Catch::Contains("below 10, got 12"));
  CHECK_THROWS_AS(prepare({.source = "two_moons", .thin_class = 7}, 0), ConfigError);
}
