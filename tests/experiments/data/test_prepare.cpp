#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/split.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// n points of the plane with labels 0 and 1, three of the first to one of the second.
Dataset points(std::int64_t n, std::uint64_t seed = 1) {
  Dataset data{.x = Rng(seed).normal({n, 2}), .name = "points", .range = {-5, 5}};
  for (std::int64_t i = 0; i < n; ++i) data.labels.push_back(i % 4 == 3);
  return data;
}

/// The rows of both, each `times` over.
Dataset repeated(const Dataset& data, int times) {
  std::vector<std::int64_t> rows;
  for (int k = 0; k < times; ++k)
    for (std::int64_t i = 0; i < data.size(); ++i) rows.push_back(i);
  return subset(data, rows);
}

std::set<std::vector<double>> distinct(const Tensor& x) {
  std::set<std::vector<double>> rows;
  for (std::int64_t i = 0; i < x.extent(0); ++i) rows.insert(x.rows(i, i + 1).to_vector());
  return rows;
}

std::map<std::int64_t, std::int64_t> counts(const Dataset& data) {
  std::map<std::int64_t, std::int64_t> result;
  for (const auto label : data.labels) ++result[label];
  return result;
}

const DataConfig plain{.held_out = 0, .scaling = "none"};

DataConfig with(auto change, DataConfig config = plain) {
  change(config);
  return config;
}

const PreparationReport& report(const Prepared& data, const std::string& step) {
  const auto found = std::ranges::find(data.report, step, &PreparationReport::step);
  REQUIRE(found != data.report.end());
  return *found;
}

}  // namespace

TEST_CASE("a split takes every sample once, the same share of each class, by the seed alone") {
  const Dataset data = load_dataset("digits");
  const Split split = split_rows(data, {.held_out = 0.2, .seed = 3});
  CHECK(split.held_out.size() == 360);
  CHECK(split.training.size() == 1437);
  std::vector<std::int64_t> all = split.training;
  all.insert(all.end(), split.held_out.begin(), split.held_out.end());
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(1797);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(all == expected);
  CHECK(std::ranges::is_sorted(split.training));
  const auto whole = counts(data);
  for (const auto& [label, count] : counts(subset(data, split.held_out)))
    CHECK(std::abs(static_cast<double>(count) - 0.2 * static_cast<double>(whole.at(label))) < 1);
  CHECK(split_rows(data, {.held_out = 0.2, .seed = 3}).held_out == split.held_out);
  CHECK(split_rows(data, {.held_out = 0.2, .seed = 4}).held_out != split.held_out);
}

TEST_CASE("without strata classes are held out as chance has it") {
  const Dataset data = points(400);
  bool unequal = false;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto held_out = split_rows(data, {.held_out = 0.25, .stratify = false, .seed = seed}).held_out;
    CHECK(held_out.size() == 100);
    unequal |= counts(subset(data, held_out))[1] != 25;
    CHECK(counts(subset(data, split_rows(data, {.held_out = 0.25, .seed = seed}).held_out))[1] == 25);
  }
  CHECK(unequal);
}

TEST_CASE("no copy of a held-out sample is trained on") {
  const Dataset data = repeated(points(60), 3);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Prepared parts = prepare(data, with([](DataConfig& c) { c.held_out = 0.3; }), seed);
    CHECK(parts.held_out.size() > 40);
    const auto training = distinct(parts.training.x);
    for (const auto& row : distinct(parts.held_out.x)) CHECK(training.count(row) == 0);
  }
}

TEST_CASE("a held-out share of zero keeps everything for training") {
  const Prepared parts = prepare(points(20), plain, 0);
  CHECK(parts.training.size() == 20);
  CHECK(parts.held_out.size() == 0);
  CHECK(prepare(points(20), with([](DataConfig& c) { c.held_out = 0.01; }), 0).held_out.size() == 1);
}

TEST_CASE("rows keep their values, labels and places") {
  const Dataset data = points(50);
  const Prepared parts = prepare(data, with([](DataConfig& c) { c.held_out = 0.3; }), 2);
  for (std::size_t i = 0; i < parts.held_out_index.size(); ++i) {
    const auto row = parts.held_out_index[i], place = static_cast<std::int64_t>(i);
    CHECK(parts.held_out.labels[i] == data.labels[row]);
    CHECK(parts.held_out.x.rows(place, place + 1).to_vector() == data.x.rows(row, row + 1).to_vector());
  }
}

TEST_CASE("copies are removed once and for all, the first one stays") {
  Dataset data = repeated(points(30), 2);
  const auto config = with([](DataConfig& c) { c.remove_duplicates = true; });
  const Prepared once = prepare(data, config, 0);
  CHECK(once.training.size() == 30);
  CHECK(once.training_index.back() == 29);
  CHECK(report(once, "duplicates").before == 60);
  CHECK(report(once, "duplicates").after == 30);
  CHECK(report(once, "duplicates").change == "30 of 60 samples repeat an earlier one");
  const Prepared twice = prepare(once.training, config, 0);
  CHECK(twice.training.x.to_vector() == once.training.x.to_vector());
  // Equal inputs with other targets are other samples.
  data.labels.clear();
  data.target = Rng(5).normal({60, 1});
  CHECK(prepare(data, config, 0).training.size() == 60);
}

TEST_CASE("near copies are removed by their root-mean-square difference in units of the range") {
  const Dataset data{.x = Tensor::from({0, 0, 0.3, 0.4, 3, 3, 0.6, 0.8}, {4, 2}), .name = "four", .range = {0, 10}};
  // Row 1 differs from row 0 by 0.5/√2 = 0.354, a share of 0.0354; row 3 as much from row 1, and twice that from row 0.
  const auto kept = [&](double share) {
    return prepare(data, with([&](DataConfig& c) { c.near_duplicates = share; }), 0).training_index;
  };
  CHECK(kept(0.035) == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(kept(0.036) == std::vector<std::int64_t>{0, 2, 3});  // row 1 is gone, and row 3 is not near row 0
  CHECK(kept(0.071) == std::vector<std::int64_t>{0, 2});
}

TEST_CASE("outliers are removed, and what is left has none") {
  Dataset data = points(200);
  data.x.data<float>()[2 * 17] = 60;
  data.x.data<float>()[2 * 99 + 1] = -45;
  const auto config = with([](DataConfig& c) { c.remove_outliers = 12; });
  const Prepared once = prepare(data, config, 0);
  CHECK(once.training.size() == 198);
  CHECK(std::ranges::count(once.training_index, 17) == 0);
  CHECK(std::ranges::count(once.training_index, 99) == 0);
  CHECK(prepare(once.training, config, 0).training.size() == 198);
}

TEST_CASE("balancing repeats training samples until classes are equal, and leaves held-out ones alone") {
  const Dataset data = points(80);
  const auto config = with([](DataConfig& c) { c.held_out = 0.25, c.balance = true; });
  const Prepared parts = prepare(data, config, 0);
  CHECK(counts(parts.training) == std::map<std::int64_t, std::int64_t>{{0, 45}, {1, 45}});
  CHECK(counts(parts.held_out) == std::map<std::int64_t, std::int64_t>{{0, 15}, {1, 5}});
  std::map<std::int64_t, int> uses;
  for (const auto row : parts.training_index) ++uses[row];
  CHECK(uses.size() == 60);
  for (const auto& [row, count] : uses) CHECK(count == (data.labels[row] == 1 ? 3 : 1));
  Dataset unlabelled = data;
  unlabelled.labels.clear();
  CHECK_THROWS_WITH(prepare(unlabelled, config, 0), Catch::Contains("data.balance"));
}

TEST_CASE("dequantisation adds uniform noise below one step, the same for copies") {
  const Dataset data = load_dataset("digits");
  const auto config = with([](DataConfig& c) { c.dequantise = true; });
  const Prepared parts = prepare(data, config, 3);
  const auto before = std::as_const(data.x).data<float>(), after = std::as_const(parts.training.x).data<float>();
  double sum = 0, squares = 0;
  bool recovered = true;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double u = after[i] - before[i];
    recovered &= std::floor(after[i]) == before[i] || after[i] == before[i] + 1;  // rounding up at the very end
    sum += u;
    squares += u * u;
  }
  CHECK(recovered);
  const auto n = static_cast<double>(before.size());
  CHECK(sum / n == Approx(0.5).margin(5 * std::sqrt(1. / 12 / n)));
  CHECK(squares / n == Approx(1. / 3).margin(5 * std::sqrt(4. / 45 / n)));
  CHECK(parts.training.range.high == 17);
  CHECK(prepare(data, config, 3).training.x.to_vector() == parts.training.x.to_vector());
  CHECK(prepare(data, config, 4).training.x.to_vector() != parts.training.x.to_vector());

  Dataset whole = points(8);
  whole.x = Tensor::from({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {8, 2});
  const auto balanced = with([](DataConfig& c) { c.dequantise = c.balance = true; });
  CHECK(distinct(prepare(whole, balanced, 0).training.x).size() == 8);
  CHECK_THROWS_WITH(prepare(points(10), config, 0), Catch::Contains("data.dequantise"));
}

TEST_CASE("standardisation takes mean and deviation of each feature from the training part alone") {
  Dataset data = points(200);
  data.x = data.x * Tensor::from({3, 0.5}, {2}) + Tensor::from({10, -2}, {2});
  const Prepared parts = prepare(data, {.held_out = 0.3}, 0);
  for (int k = 0; k < 2; ++k) {
    double sum = 0, squares = 0, other = 0;
    for (std::int64_t i = 0; i < 140; ++i) sum += parts.training.x.at(2 * i + k) / 140;
    for (std::int64_t i = 0; i < 140; ++i) squares += std::pow(parts.training.x.at(2 * i + k), 2) / 140;
    for (std::int64_t i = 0; i < 60; ++i) other += parts.held_out.x.at(2 * i + k) / 60;
    CHECK(sum == Approx(0).margin(1e-5));
    CHECK(squares == Approx(1).epsilon(1e-5));
    CHECK(std::abs(other) > 1e-3);
  }
  const auto back = parts.scaling.invert(parts.training.x).to_vector();
  const auto original = subset(data, parts.training_index).x.to_vector();
  for (std::size_t i = 0; i < back.size(); ++i) CHECK(back[i] == Approx(original[i]).margin(1e-5));
}

TEST_CASE("steps run in their order and report what they did; preparation is a function of data, config and seed") {
  const DataConfig config{
      .source = "digits", .remove_duplicates = true, .remove_outliers = 3, .balance = true, .dequantise = true};
  const Prepared a = prepare(config, 5), b = prepare(config, 5), c = prepare(config, 6);
  std::vector<std::string> names, steps;
  for (const auto& line : a.report) names.push_back(line.step);
  for (const auto& step : preparation_steps()) steps.emplace_back(step.name);
  CHECK(names == std::vector<std::string>{"duplicates", "outliers", "split", "balance", "dequantise", "scale"});
  CHECK(steps == std::vector<std::string>{"missing", "exclude", "duplicates", "outliers", "split", "thin", "balance",
                                          "dequantise", "scale"});
  CHECK(a.report.back().after == a.training.size() + a.held_out.size());
  CHECK(a.training.x.to_vector() == b.training.x.to_vector());
  CHECK(a.held_out_index == b.held_out_index);
  CHECK(a.held_out_index != c.held_out_index);
  CHECK(prepare(points(20), plain, 0).report.size() == 2);  // split and scale
}

TEST_CASE("settings that do not fit are refused by their key") {
  const Dataset data = points(20);
  const auto message = [&](auto change) {
    try {
      prepare(data, with(change), 0);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message([](DataConfig& c) { c.held_out = 1; }), Catch::Contains("data.held_out"));
  CHECK_THAT(message([](DataConfig& c) { c.held_out = -0.1; }), Catch::Contains("data.held_out"));
  CHECK_THAT(message([](DataConfig& c) { c.held_out = NAN; }), Catch::Contains("data.held_out"));
  CHECK_THAT(message([](DataConfig& c) { c.held_out = 0.99; }), Catch::Contains("leaves no training sample"));
  CHECK_THAT(message([](DataConfig& c) { c.near_duplicates = 2; }), Catch::Contains("data.near_duplicates"));
  CHECK_THAT(message([](DataConfig& c) { c.remove_outliers = 0.5; }), Catch::Contains("data.remove_outliers"));
  CHECK_THAT(message([](DataConfig& c) { c.scaling = "minmax"; }), Catch::Contains("data.scaling"));
  CHECK_THAT(message([](DataConfig& c) { c.augment = {"flip"}; }), Catch::Contains("data.augment"));
  CHECK_THAT(message([](DataConfig& c) { c.augment = {"flop"}; }), Catch::Contains("flop"));
  CHECK_THROWS_AS(prepare(Dataset{}, plain, 0), ConfigError);
  CHECK(message([](DataConfig&) {}) == "accepted");
}
