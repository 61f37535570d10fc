#include <cmath>
#include <fstream>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/rng.h"
#include "fokker/experiments/csv_table.h"
#include "fokker/experiments/prepare.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

constexpr const char* people =
    "age,colour,\"height, cm\",kind\n"
    "31,red,170.5,yes\n"
    "42,\"green, dark\",180,no\n"
    "27,blue,165,yes\n"
    "55,red,172,maybe\n";

std::string write(const TemporaryFolder& folder, const std::string& text) {
  const auto path = folder / "table.csv";
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace

TEST_CASE("a table of numbers and texts becomes features, and comes back from them") {
  const TemporaryFolder folder;
  const std::string path = write(folder, people);
  const Dataset data = load_dataset("csv:" + path);
  CHECK(data.features ==
        std::vector<std::string>{"age", "colour=blue", "colour=green, dark", "colour=red", "height, cm"});
  CHECK(data.x.to_vector() ==
        std::vector<double>{31, 0, 0, 1, 170.5, 42, 0, 1, 0, 180, 27, 1, 0, 0, 165, 55, 0, 0, 1, 172});
  CHECK(data.labels == std::vector<std::int64_t>{2, 1, 2, 0});  // maybe, no, yes
  // There and back, through noise that does not change which place is the largest.
  Dataset noisy = data;
  Tensor noise = Rng(1).uniform(data.x.shape()) * 0.4;
  for (std::int64_t i = 0; i < 4; ++i)
    for (const int numeric : {0, 4}) noise.data<float>()[i * 5 + numeric] = 0;
  noisy.x = data.x + noise;
  CHECK(as_categories(noisy.x, data.features).to_vector() == data.x.to_vector());
  CHECK(csv_text(noisy) == people);
  const Dataset again = load_dataset("csv:" + write(folder, csv_text(data)));
  CHECK(again.x.to_vector() == data.x.to_vector());
  CHECK(again.labels == data.labels);
}

TEST_CASE("which column is the label, and what its classes are") {
  const TemporaryFolder folder;
  const std::string path = write(folder, people);
  CHECK(load_dataset("csv:" + path + ",colour").labels == std::vector<std::int64_t>{2, 1, 0, 2});
  const Dataset none = load_dataset("csv:" + path + ",-");
  CHECK(none.labels.empty());
  CHECK(none.features.size() == 8);
  // Numbers rise as numbers: 2 before 10.
  CHECK(load_dataset("csv:" + write(folder, "x,y\n1,10\n2,2\n")).labels == std::vector<std::int64_t>{1, 0});
}

TEST_CASE("tables that do not fit say so in one line") {
  const TemporaryFolder folder;
  const auto load = [&](const std::string& text, const std::string& label = "") {
    return load_dataset("csv:" + write(folder, text) + label);
  };
  CHECK_THROWS_WITH(load(people, ",weight"), Contains("expected a label among the columns age, colour"));
  CHECK_THROWS_WITH(load("a,b\n1,2\n1\n"), Contains("expected 2 cells in row 3, got 1"));
  CHECK_THROWS_WITH(load("a,b\n1,2.5\n"), Contains("expected classes"));
  CHECK_THROWS_WITH(load("a,a\n1,2\n"), Contains("different names"));
  CHECK_THROWS_WITH(load("a,b\n"), Contains("at least one row"));
  CHECK_THROWS_WITH(load("a,b\n,2\n"), Contains("expected finite values"));
  CHECK_THROWS_AS(load_dataset("csv:" + (folder / "missing.csv").string()), IoError);
  CHECK_THROWS_AS(as_categories(Tensor::zeros({2, 3}), {"a", "b"}), ShapeError);
  // A row with a missing number can be dropped instead.
  DataConfig config{.source = "csv:" + write(folder, "a,b\n,2\n1,2\n3,1\n"), .held_out = 0, .scaling = "none"};
  config.remove_missing = true;
  CHECK(prepare(config, 0).training.x.to_vector() == std::vector<double>{1, 3});
}
