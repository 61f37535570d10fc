#include <cmath>

#include "fokker/experiments/data/describe.h"
#include "fokker/experiments/data/prepared_file.h"
#include "fokker/experiments/data/registry.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

/// Eight rows of two columns: row 3 repeats row 0 under another label, row 4 nearly repeats row 1, row 7 is far off,
/// row 6 is incomplete; the second column is constant.
Dataset table() {
  Dataset data{
      .x = Tensor::from({0, 5, 1, 5, 2, 5, 0, 5, 1.0001, 5, 3, 5, NAN, 5, 900, 5, 4, 5, 5, 5, 6, 5, 7, 5}, {12, 2}),
      .labels = {0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0},
      .features = {"length", "width"},
      .name = "by hand",
      .range = {0, 900}};
  return data;
}

}  // namespace

TEST_CASE("a description counts what a table made by hand has") {
  const DataDescription found = describe(table());
  CHECK(found.shape == Shape{12, 2});
  CHECK(found.missing_samples == 1);
  CHECK(found.constant == 1);
  CHECK(found.duplicates == 1);
  CHECK(found.conflicts == 1);
  CHECK(found.near_duplicates >= 2);  // both of a pair
  CHECK(found.outliers == 1);
  CHECK(found.class_counts == std::vector<std::int64_t>{10, 0, 2});
  CHECK_FALSE(found.whole_numbers);
  REQUIRE(found.features.size() == 2);
  CHECK(found.features[0].name == "length");
  CHECK(found.features[0].missing == 1);
  CHECK(found.features[0].low == 0);
  CHECK(found.features[0].high == 900);
  CHECK(found.features[0].median == 3);
  CHECK(found.features[1].distinct == 1);
  CHECK(found.features[1].deviation == 0);
  const auto lines = description_lines(found);
  CHECK_THAT(lines.back(), Contains("width"));
}

TEST_CASE("prepared data come back from their file as they were") {
  const TemporaryFolder folder;
  PrepareConfig config;
  config.held_out = 0.25;
  config.exclude_classes = {2};
  config.remove_missing = true;
  config.remove_duplicates = true;
  const Prepared data = prepare(table(), config, 0);
  CHECK(data.excluded_index == std::vector<std::int64_t>{3, 7});
  CHECK(data.training.size() + data.held_out.size() == 9);
  const auto path = folder.path() / "data.h5";
  prepared_file(data, config).save(path);
  const Dataset training = load_dataset("hdf5:" + path.string() + "#training/x");
  CHECK(training.x.to_vector() == data.training.x.to_vector());
  CHECK(training.labels == data.training.labels);
  CHECK(training.features == data.training.features);
  CHECK(training.range.low == data.training.range.low);
  CHECK(load_dataset("hdf5:" + path.string() + "#excluded/x").labels == std::vector<std::int64_t>{2, 2});
  const Hdf5File file = Hdf5File::open(path);
  CHECK_THAT(file.read_text("/report"), Contains("missing: 12 -> 11"));
  CHECK_THAT(file.read_text("/config"), Contains("exclude_classes = [2]"));
}

TEST_CASE("classes are left out by their labels alone, and their samples are scaled like the others") {
  const Dataset digits = load_dataset("digits");
  const Prepared data = prepare(digits, {.exclude_classes = {3, 8}}, 0);
  for (const auto* part : {&data.training, &data.held_out})
    for (const auto label : part->labels) CHECK((label != 3 && label != 8));
  CHECK(data.excluded.size() == std::ranges::count(digits.labels, 3) + std::ranges::count(digits.labels, 8));
  CHECK(data.excluded.x.at(10) == (digits.x.at(data.excluded_index[0] * 64 + 10) - 8) / 8);
  CHECK_THROWS_WITH(prepare(digits, {.exclude_classes = {10}}, 0), Contains("[data.exclude_classes]"));
  CHECK_THROWS_WITH(prepare(load_dataset("two_moons", {.n = 9}), {.exclude_classes = {0, 1}}, 0),
                    Contains("leaves no training sample"));
  CHECK_THROWS_WITH(prepare(load_dataset("swiss_roll", {.n = 9}), {.exclude_classes = {0}}, 0),
                    Contains("expected data with labels"));
}
