#include <fmt/ranges.h>

#include <cmath>
#include <fstream>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/csv_cells.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/data/describe.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
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
  CHECK_THROWS_WITH(load("a,b\n1,2\n1\n"), Contains("table.csv:3: expected 2 cells, got 1"));
  CHECK_THROWS_WITH(load("a,b\n1,2.5\n"), Contains("expected classes"));
  CHECK_THROWS_WITH(load("a,a\n1,2\n"), Contains("different names"));
  CHECK_THROWS_WITH(load("a,b\n"), Contains("at least one row"));
  CHECK_THROWS_WITH(load("a=1,b\n1,2\n"), Contains("without \"=\""));
  CHECK_THROWS_WITH(load("a,b\n1,2\n\n\"3,4\n"), Contains("table.csv:4: the quote that begins here does not end"));
  CHECK_THROWS_WITH(load("a,b\n1,2\n3,NA\n"), Contains("table.csv:3: column b: expected a class, got a missing one"));
  CHECK_THROWS_WITH(load("a,b\n,2\n"), Contains("expected finite values"));
  CHECK_THROWS_AS(load_dataset("csv:" + (folder / "missing.csv").string()), IoError);
  CHECK_THROWS_AS(as_categories(Tensor::zeros({2, 3}), {"a", "b"}), ShapeError);
  // A row with a missing number can be dropped instead.
  DataConfig config{.source = "csv:" + write(folder, "a,b\n,2\n1,2\n3,1\n"), .held_out = 0, .scaling = "none"};
  config.remove_missing = true;
  CHECK(prepare(config, 0).training.x.to_vector() == std::vector<double>{1, 3});
}

TEST_CASE("missing markers and numbers of a table are those of pandas' read_csv") {
  // The default na_values of pandas 2.
  for (const char* word : {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
                           "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"})
    CHECK(is_missing(word));
  for (const char* word : {"na", "Null", "none", "NAN", "-", "?", "missing", " NA", "0"}) CHECK(!is_missing(word));
  // pandas.read_csv(io.StringIO("x\n…")).x.dtype is float64 or int64 for each of these, with these values.
  const std::vector<std::pair<const char*, double>> numbers = {{"1", 1},
                                                               {"-2.5", -2.5},
                                                               {"+3", 3},
                                                               {" 4 ", 4},
                                                               {"1e3", 1000},
                                                               {".5", 0.5},
                                                               {"5.", 5},
                                                               {"1E-2", 0.01},
                                                               {"inf", INFINITY},
                                                               {"-inf", -INFINITY},
                                                               {"Infinity", INFINITY},
                                                               {"1e999", INFINITY},
                                                               {"1e-999", 0},
                                                               {"007", 7}};
  for (const auto& [text, value] : numbers) CHECK(cell_number(text) == value);
  for (const char* text : {"12a", "1,5", "0x10", "1 2", "--1", "+-1", "NAN", "nan(1)", "1e", "one", ""})
    CHECK(!cell_number(text));
}

TEST_CASE("a missing marker in a column of numbers is a missing number, not a category") {
  const TemporaryFolder folder;
  for (const char* word : {"NA", "N/A", "null", "", "NaN", "None"}) {
    std::string text =
        "\xEF\xBB\xBF"
        "age,kind\r\n";
    for (int i = 0; i < 50; ++i) text += fmt::format("{},{}\r\n", i == 7 ? word : std::to_string(20 + i), i % 2);
    const std::string source = "csv:" + write(folder, text);
    const Dataset data = load_dataset(source, {.allow_missing = true});
    CHECK(data.features == std::vector<std::string>{"age"});  // the mark at the beginning is no part of the name
    CHECK(std::isnan(data.x.at(7)));
    CHECK(data.x.at(8) == 28);
    const DataDescription found = describe(data);
    CHECK(found.missing_samples == 1);
    CHECK(found.categorical.empty());
  }
}

TEST_CASE("a column is categorical where it has no number or is declared so, and the reports say which are") {
  const TemporaryFolder folder;
  const std::string source = "csv:" + write(folder, "code,colour,y\n1,red,0\nNA,NA,1\n2,blue,0\n10,red,1\n");
  const Dataset data = load_dataset(source + ",y,code", {.allow_missing = true});
  CHECK(data.features == std::vector<std::string>{"code=1", "code=10", "code=2", "colour=blue", "colour=red"});
  CHECK(std::isnan(data.x.at(5)));  // a missing text is missing at each place
  CHECK(std::isnan(data.x.at(9)));
  CHECK(describe(data).categorical == "code (3 texts), colour (2 texts)");
  CHECK_THAT(fmt::format("{}", fmt::join(description_lines(describe(data)), "\n")),
             Contains("categories code (3 texts), colour (2 texts)"));
  DataConfig config{.source = source + ",y,code", .held_out = 0, .scaling = "none"};
  config.remove_missing = true;
  const Prepared prepared = prepare(config, 0);
  CHECK(prepared.report.front().change == "categorical columns: code (3 texts), colour (2 texts)");
  CHECK(prepared.training.size() == 3);
  // One typo among numbers is an error with its place, unless the column is declared.
  const std::string typo = "csv:" + write(folder, "age,y\n1,0\n\"2\n3\",1\n12a,0\n");
  CHECK_THROWS_WITH(load_dataset(typo), Contains("table.csv:3: column age: expected a number"));
  CHECK_THROWS_WITH(load_dataset(typo), Contains("declare the column categorical: csv:PATH,LABEL,age"));
  CHECK(load_dataset(typo + ",y,age").features.size() == 3);
  CHECK_THROWS_WITH(load_dataset(typo + ",y,agee"), Contains("among the columns age, y"));
}

TEST_CASE("lines end as on any system, and quotes stand for themselves inside a cell") {
  const TemporaryFolder folder;
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string text = "a,b,y" + end + "1,5\" pipe,0" + end + end + "2,\"x, \"\"y\"\"\",1" + end;
    const Dataset data = load_dataset("csv:" + write(folder, text));
    CHECK(data.features == std::vector<std::string>{"a", "b=5\" pipe", "b=x, \"y\""});
    CHECK(data.labels == std::vector<std::int64_t>{0, 1});
  }
}

TEST_CASE("a column of names does not become a matrix of them") {
  const TemporaryFolder folder;
  std::string text = "name,y\n";
  for (int i = 0; i < 1001; ++i) text += fmt::format("person {},0\n", i);
  CHECK_THROWS_WITH(load_dataset("csv:" + write(folder, text)),
                    Contains("column name: expected at most 1000 different texts of a categorical column, got 1001"));
}
