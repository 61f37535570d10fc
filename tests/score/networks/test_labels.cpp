#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/score/networks/network.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const NetworkConfig small_unet{.kind = "unet",
                               .channels = {8, 8},
                               .attention = {true, false},
                               .layers_per_block = 1,
                               .groups = 4,
                               .head_size = 4,
                               .classes = 2,
                               .label_dropout = 0.25};
const NetworkConfig small_dit{.kind = "dit", .depth = 1, .width = 8, .heads = 2, .classes = 2, .label_dropout = 0.25};

/// Of a network with 2 classes and a null label, for every label in turn.
Pass with_labels(std::int64_t rows) {
  Pass pass;
  for (std::int64_t i = 0; i < rows; ++i) pass.condition.labels.push_back(i % 3);
  return pass;
}

}  // namespace

TEST_CASE("labels change the output, and the null label stands for none") {
  const NetworkConfig config = GENERATE(small_unet, small_dit);
  const auto network = make_network(config, Shape{4, 4, 1}, Rng(0));
  network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = Rng(6).normal(p.shape()) * 0.3; }));
  const Tensor x = Tensor::ones({3, 4, 4, 1}), time = Tensor::ones({3});
  const Tensor labelled = (*network)(x, time, with_labels(3)), plain = (*network)(x, time);
  CHECK(labelled.rows(2, 3).to_vector() == plain.rows(2, 3).to_vector());
  CHECK(labelled.rows(0, 1).to_vector() != plain.rows(0, 1).to_vector());
  CHECK(labelled.rows(0, 1).to_vector() != labelled.rows(1, 2).to_vector());
}

TEST_CASE("label dropout takes its share of labels in training alone, by sample") {
  const NetworkConfig config{
      .kind = "mlp", .hidden = {12, 10}, .time_dimension = 6, .classes = 2, .label_dropout = 0.25};
  const auto network = make_network(config, Shape{1}, Rng(0));
  network->visit(ParameterVisitor([](const std::string&, Tensor& p, bool) { p = Rng(6).normal(p.shape()) * 0.5; }));
  const std::int64_t n = 4000;
  const Tensor x = Tensor::ones({n, 1}), time = Tensor::zeros({n});
  Pass pass{.rng = Rng(1, Stream::dropout, 3), .condition = {.labels = std::vector<std::int64_t>(n, 1)}};
  const auto labelled = (*network)(x, time, pass).to_vector();
  const double null = (*network)(x.rows(0, 1), time.rows(0, 1)).item();
  CHECK(std::count(labelled.begin(), labelled.end(), null) == 0);
  pass.training = true;
  const auto dropped = (*network)(x, time, pass).to_vector();
  const double share = static_cast<double>(std::count(dropped.begin(), dropped.end(), null)) / n;
  CHECK(std::abs(share - 0.25) < 4 * std::sqrt(0.25 * 0.75 / n));
  pass.first_sample = 1500;
  pass.condition.labels.resize(100);
  const auto part = (*network)(x.rows(1500, 1600), time.rows(1500, 1600), pass).to_vector();
  CHECK(std::equal(part.begin(), part.end(), dropped.begin() + 1500));
}

TEST_CASE("labels that a network does not take are refused") {
  const Tensor x = Tensor::ones({2, 3}), time = Tensor::zeros({2});
  const Pass pass{.condition = {.labels = {0, 1}}};
  for (const char* kind : {"mlp", "feed_forward"})
    CHECK_THROWS_AS((*make_network({.kind = kind, .hidden = {4}}, Shape{3}, Rng(0)))(x, time, pass), ConfigError);
  const auto network = make_network({.kind = "mlp", .hidden = {4}, .classes = 2}, Shape{3}, Rng(0));
  CHECK_NOTHROW((*network)(x, time, pass));
  CHECK_THROWS_WITH((*network)(x, time), Catch::Contains("label_dropout"));
  CHECK_THROWS_AS((*network)(x, time, {.condition = {.labels = {0}}}), ShapeError);
  CHECK_THROWS_AS((*network)(x, time, {.condition = {.labels = {0, 2}}}), ShapeError);
  CHECK_THROWS_AS((*network)(x, time, {.condition = {.labels = {0, -1}}}), ShapeError);
}
