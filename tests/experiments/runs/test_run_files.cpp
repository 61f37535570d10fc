#include "fokker/experiments/runs/run_files.h"

#include <sys/stat.h>

#include <cmath>
#include <filesystem>

#include "fokker/core/io/file.h"
#include "fokker/experiments/data/data_facts.h"
#include "fokker/experiments/runs/run_directory.h"
#include "fokker/experiments/training/metrics_log.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
using Catch::Contains;

TEST_CASE("a run's facts of its data come back from their file to the bit", "[run_files]") {
  for (const char* source : {"scenes", "breast_cancer", "digits"}) {
    const Prepared data = prepare({.source = source, .n = 60}, 3);
    const DataFacts facts = facts_of(data), back = read_facts(to_json(facts), "data.json");
    CHECK(to_json(back) == to_json(facts));
    CHECK(back.scaling.shift.to_vector() == data.scaling.shift.to_vector());
    CHECK(back.scaling.scale.to_vector() == data.scaling.scale.to_vector());
    CHECK(back.tokenizer.words() == data.tokenizer.words());
    CHECK(back.tokenizer.length() == data.tokenizer.length());
    CHECK(back.grey.count == grey_levels(data).count);
    CHECK(back.sample_shape == sample_shape(data.training));
    CHECK(prepare_again(back, {.source = source, .n = 60}, 3).training.x.to_vector() == data.training.x.to_vector());
    CHECK_THROWS_AS(prepare_again(back, {.source = source, .n = 60}, 4), ConfigError);
  }
  CHECK_THROWS_WITH(read_facts("{}", "data.json"), Contains("data.json"));
  CHECK_THROWS_AS(read_facts("", "data.json"), ConfigError);
}

TEST_CASE("an empty noise level has the NaN that a log gives back", "[run_files]") {
  NoiseLevels levels;
  const double label = 0, error = 0.5;
  levels.observe({&label, 1}, {&error, 1});
  const auto taken = levels.take();
  CHECK(taken[0].count == 1);
  for (std::size_t i = 1; i < taken.size(); ++i) {
    CHECK((std::isnan(taken[i].mean) && !std::signbit(taken[i].mean)));
    CHECK((std::isnan(taken[i].deviation) && !std::signbit(taken[i].deviation)));
  }
}

TEST_CASE("a run is made once, also by one that looked before", "[run_files]") {
  const TemporaryFolder folder;
  RunDirectory::require_new(folder / "run");
  RunDirectory::create(folder / "run", "a = 1\n");
  CHECK_THROWS_WITH(RunDirectory::create(folder / "run", "a = 2\n"), Contains("holds a run already"));
  CHECK(read_text_file(folder / "run/config.toml") == "a = 1\n");
}

TEST_CASE("a file of a run is known by its hash, also between its two names", "[run_files]") {
  const TemporaryFolder folder;
  write_run_file(folder.path(), "a", "one");
  CHECK_NOTHROW(require_intact(folder.path(), "a", ""));
  write_file_atomically(folder / "a", "two");
  CHECK_THROWS_WITH(require_intact(folder.path(), "a", "remedy"), Contains("SHA-256") && Contains("remedy"));
  // A kill between the entry in run.json and the file leaves the older file, which is good.
  const std::string json = fmt::format(R"({{"sha256": {{"a": ["{}", "{}"]}}}})", sha256("three"), sha256("two"));
  write_file_atomically(folder / "run.json", json);
  CHECK_NOTHROW(require_intact(folder.path(), "a", ""));
  CHECK_NOTHROW(require_intact(folder.path(), "unknown", ""));
}

TEST_CASE("folders are numbered and never taken twice", "[run_files]") {
  const TemporaryFolder folder;
  CHECK(make_numbered_folder(folder.path(), "edit") == folder / "edit-1");
  write_file_atomically(folder / "edit-2", "a file");
  CHECK(make_numbered_folder(folder.path(), "edit") == folder / "edit-3");
  CHECK_THROWS_AS(make_numbered_folder(folder / "none", "edit"), IoError);
}

TEST_CASE("lines are not appended by way of links or to pipes", "[run_files]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "outside", "mine");
  std::filesystem::create_symlink(folder / "outside", folder / "log");
  CHECK_THROWS_WITH(append_line(folder / "log", "x"), Contains("symbolic link"));
  CHECK(read_text_file(folder / "outside") == "mine");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(append_line(folder / "pipe", "x"), IoError);
}
