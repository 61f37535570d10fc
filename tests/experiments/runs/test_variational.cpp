// Training by the variational objectives: bits, resuming, and what the data tell them.
#include <cmath>
#include <cstring>

#include "fokker/core/base/parallel.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/experiment.h"
#include "fokker/sde/scheduled.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

struct Case {
  TrainConfig config;
  std::int64_t out_channels;
};

std::vector<Case> cases() {
  return {{{.objective = "hybrid", .levels = 20, .batch = 90}, 4},
          {{.objective = "vlb", .levels = 4, .batch = 90}, 4},
          {{.objective = "vdm", .time_sampling = "antithetic", .batch = 90}, 0},
          {{.objective = "vdm", .levels = 10, .noise_schedule = "bound", .batch = 90}, 0}};
}

Trainer trainer(const Case& c) {
  const NetworkConfig network{.kind = "mlp",
                              .hidden = {24, 24},
                              .time_dimension = 8,
                              .dropout = 0.1,
                              .out_channels = c.out_channels,
                              .fourier_features = {0, 1}};
  return Trainer(make_network(network, Shape{2}, Rng(0)), VP(), eight_gaussians(500, 0), c.config, 7);
}

std::vector<std::vector<double>> values(const SafeTensors& state) {
  std::vector<std::vector<double>> result;
  for (const auto& [name, tensor] : state.tensors) result.push_back(tensor.to_vector());
  return result;
}

struct Threads {
  explicit Threads(int count) { set_thread_count(count); }
  ~Threads() { set_thread_count(before); }
  int before = thread_count();
};

Tensor named(const SafeTensors& state, const std::string& wanted) {
  for (const auto& [name, tensor] : state.tensors)
    if (name == wanted) return tensor;
  FAIL("no tensor " << wanted);
  return {};
}

}  // namespace

TEST_CASE("the variational objectives train to the same bits for any number of threads") {
  for (const Case& c : cases()) {
    std::vector<std::vector<std::vector<double>>> states;
    for (int count : {1, 2, 3}) {
      const Threads threads(count);
      Trainer t = trainer(c);
      for (int i = 0; i < 8; ++i) t.step();
      states.push_back(values(t.state()));
    }
    INFO(c.config.objective << ", " << c.config.noise_schedule);
    CHECK(states[0] == states[1]);
    CHECK(states[0] == states[2]);
  }
}

TEST_CASE("the variational objectives go on bit for bit, schedules and memories included") {
  for (const Case& c : cases()) {
    Trainer whole = trainer(c), first = trainer(c), second = trainer(c);
    for (int i = 0; i < 10; ++i) whole.step();
    for (int i = 0; i < 5; ++i) first.step();
    second.restore(first.state());
    for (int i = 0; i < 5; ++i) second.step();
    INFO(c.config.objective << ", " << c.config.noise_schedule);
    CHECK(values(whole.state()) == values(second.state()));
    CHECK(values(whole.state()) != values(first.state()));
  }
}

TEST_CASE("what these objectives learn beside the network moves and is kept") {
  Trainer vlb = trainer(cases()[1]), vdm = trainer(cases()[2]);
  const Tensor start = named(vdm.state(), "model.objective.noise.middles").clone();
  for (int i = 0; i < 3; ++i) {
    vlb.step();
    vdm.step();
  }
  double seen = 0;
  const Tensor count = named(vlb.state(), "model.objective.count");
  for (std::int64_t i = 0; i < 4; ++i) seen += count.at(i);
  CHECK(seen == 3 * 90);
  CHECK(named(vdm.state(), "model.objective.noise.middles").to_vector() != start.to_vector());
  CHECK(named(vdm.state(), "ema.objective.noise.ends").size() == 2);
  CHECK(vdm.averaged().sde()->name() == "learned");
}

TEST_CASE("the levels of whole numbers are found in prepared data") {
  DataConfig digits{.source = "digits", .n = 50};
  const GreyLevels levels = grey_levels(prepare(digits, 0));
  CHECK(levels.count == 17);
  CHECK(levels.first == Approx(-1));
  CHECK(levels.width == Approx(0.125));
  digits.dequantise = true;
  CHECK(grey_levels(prepare(digits, 0)).count == 0);
  CHECK(grey_levels(prepare({.source = "two_moons", .n = 50}, 0)).count == 0);
  CHECK(grey_levels(prepare({.source = "two_moons", .n = 50, .scaling = "none"}, 0)).count == 0);
}

TEST_CASE("a network is built with the channels that its objective asks for") {
  Experiment experiment;
  experiment.data = {.source = "digits", .n = 50};
  experiment.network = {.kind = "dit", .width = 16};
  experiment.train = {.objective = "hybrid", .levels = 10};
  const Tensor x = Tensor::zeros({2, 8, 8, 1}), time = Tensor::zeros({2});
  CHECK((*build(experiment).system.network)(x, time).shape() == Shape{2, 8, 8, 2});
  experiment.train.objective = "vdm";
  experiment.train.levels = 0;
  CHECK((*build(experiment).system.network)(x, time).shape() == Shape{2, 8, 8, 1});
  experiment.network.kind = "feed_forward";
  experiment.train = {.objective = "vlb", .levels = 10};
  CHECK_THROWS_WITH(build(experiment), Catch::Contains("mlp"));
}
