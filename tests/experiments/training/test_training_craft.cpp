// What surrounds the steps: averages, held-out loss, early stop, errors by noise level, divergence.

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/networks/network.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;

std::shared_ptr<Network> mlp(double dropout = 0) {
  return make_network({.kind = "mlp", .hidden = {24, 24}, .time_dimension = 8, .dropout = dropout}, Shape{2}, Rng(0));
}

Trainer trainer(const TrainConfig& config) {
  Trainer result(mlp(), sde, eight_gaussians(300, 0), config, 7);
  result.hold_out(eight_gaussians(90, 1));
  return result;
}

void run(Trainer& t, std::int64_t until) {
  while (t.steps_done() < until && !t.finished()) t.step();
}

bool same(const SafeTensors& a, const SafeTensors& b) {
  if (a.tensors.size() != b.tensors.size() || a.metadata != b.metadata) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].first != b.tensors[i].first || std::memcmp(a.tensors[i].second.raw(), b.tensors[i].second.raw(),
                                                                static_cast<std::size_t>(a.tensors[i].second.bytes())))
      return false;
  return true;
}

bool same_weights(const System& a, const System& b) {
  const auto left = a.parameters(), right = b.parameters();
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].tensor->to_vector() != right[i].tensor->to_vector()) return false;
  return left.size() == right.size();
}

const TrainConfig everything{.steps = 40,
                             .batch = 64,
                             .emas = {0.5, 0.9},
                             .ema_lengths = {0.05, 0.1},
                             .snapshot_every = 5,
                             .log_every = 8,
                             .validate_every = 4,
                             .patience = 100};

}  // namespace

TEST_CASE("accumulated batches are one batch, bit for bit") {
  Trainer whole = trainer({.batch = 100}), parts = trainer({.batch = 25, .accumulate = 4}),
          fewer = trainer({.batch = 25, .accumulate = 3});
  for (Trainer* t : {&whole, &parts, &fewer}) run(*t, 5);
  CHECK(same(whole.state(), parts.state()));
  CHECK_FALSE(same_weights(whole.averaged(), fewer.averaged()));
}

TEST_CASE("further averages are those of trainings with their decay") {
  Trainer t = trainer(everything), half = trainer({.steps = 40, .batch = 64, .ema = 0.5});
  run(t, 12);
  run(half, 12);
  CHECK(same_weights(t.averaged(0), half.averaged()));
  CHECK_FALSE(same_weights(t.averaged(1), half.averaged()));
}

TEST_CASE("snapshots are due at their interval and at the end") {
  Trainer t = trainer(everything);
  for (std::int64_t step = 1; step <= 7; ++step) {
    t.step();
    const SafeTensors snapshot = t.snapshot();
    CHECK(snapshot.tensors.size() == (step % 5 == 0 ? 2 * mlp()->trainable_parameters().size() : 0));
    if (step == 5) {
      CHECK(snapshot.metadata.at("step") == "5");
      CHECK(snapshot.tensors[0].first.starts_with("length-0.05."));
    }
  }
  Trainer odd = trainer({.steps = 7, .batch = 64, .ema_lengths = {0.1}, .snapshot_every = 5});
  run(odd, 7);
  CHECK_FALSE(odd.snapshot().tensors.empty());
}

TEST_CASE("a restored trainer goes on bit for bit with all that it measures") {
  for (const int at : {3, 13, 24}) {
    Trainer whole = trainer(everything), first = trainer(everything), second = trainer(everything);
    run(first, at);
    second.restore(first.state());
    run(whole, at);
    while (!whole.finished()) {
      const StepReport a = whole.step(), b = second.step();
      REQUIRE(a.loss == b.loss);
      REQUIRE(a.held_out_loss == b.held_out_loss);
      REQUIRE(a.levels.size() == b.levels.size());
      for (std::size_t i = 0; i < a.levels.size(); ++i) {
        REQUIRE(a.levels[i].count == b.levels[i].count);
        if (a.levels[i].count > 0) REQUIRE(a.levels[i].mean == b.levels[i].mean);
      }
    }
    CHECK(same(whole.state(), second.state()));
    CHECK(same(whole.snapshot(), second.snapshot()));
    CHECK(same_weights(whole.averaged(), second.averaged()));
  }
}

TEST_CASE("the held-out loss has the same noise each time, and no dropout") {
  const Dataset held_out{.x = Rng(5, Stream::data).normal({600, 2})};
  const HeldOutLoss loss(held_out, {.validate_samples = 0}, 3), few(held_out, {.validate_samples = 100}, 3);
  const auto objective = make_objective({}, sde, {.sample = Shape{2}});
  const auto perturbed = [](double dropout) {
    auto network = mlp(dropout);
    std::uint64_t i = 0;
    for (auto& p : network->parameters()) *p.tensor = Rng(++i).normal(p.tensor->shape());
    return network;
  };
  const System with{perturbed(0.9), objective}, without{perturbed(0), objective}, silent{mlp(), objective};
  CHECK(loss(with, 1) == loss(with, 2));
  CHECK(loss(with, 1) == loss(without, 1));
  CHECK(few(with, 1) != loss(with, 1));
  CHECK(loss(silent, 1) == Approx(1).margin(4 * std::sqrt(2.0 / 1200)));  // nothing is predicted: E ε² = 1
  CHECK(HeldOutLoss(held_out, {.validate_samples = 0}, 4)(silent, 1) != loss(silent, 1));
  const int before = thread_count();
  set_thread_count(1);
  const double one = loss(with, 1);
  set_thread_count(3);
  CHECK(loss(with, 1) == one);
  set_thread_count(before);
}

TEST_CASE("the held-out loss of a training is that of its averaged weights") {
  Trainer t = trainer({.steps = 40, .batch = 64, .learning_rate = 1e-2, .ema = 0.99, .validate_every = 10});
  const HeldOutLoss loss(eight_gaussians(90, 1), t.config(), 7);
  for (int i = 1; i <= 40; ++i) {
    const StepReport report = t.step();
    CHECK(report.held_out_loss.has_value() == (i % 10 == 0));
    if (report.held_out_loss) CHECK(*report.held_out_loss == loss(t.averaged(), i));
  }
}

TEST_CASE("a training that only learns its samples by heart is ended with its best average") {
  const TrainConfig config{
      .steps = 3000, .batch = 64, .learning_rate = 2e-2, .ema = 0.9, .validate_every = 20, .patience = 3};
  const auto make = [&] {
    Trainer t(mlp(), sde, eight_gaussians(6, 0), config, 0);
    t.hold_out(eight_gaussians(400, 9));
    return t;
  };
  Trainer t = make();
  std::vector<double> losses;
  while (!t.finished())
    if (const auto report = t.step(); report.held_out_loss) losses.push_back(*report.held_out_loss);
  REQUIRE(t.steps_done() < 3000);
  const auto best = std::ranges::min_element(losses);
  CHECK(losses.end() - best == 4);
  CHECK(t.early_stop().best_step() == 20 * (best - losses.begin() + 1));
  CHECK(t.early_stop().best_loss() == *best);
  Trainer again = make();
  run(again, t.early_stop().best_step());
  CHECK(same_weights(t.averaged(), again.averaged()));
  again.step();
  Trainer later = make();
  later.restore(t.state());
  CHECK(later.finished());
  CHECK(same_weights(t.averaged(), later.averaged()));
}

TEST_CASE("errors by noise level are those of the samples") {
  NoiseLevels levels;
  const std::vector<double> label = {0, 0.049, 0.05, 0.5, 1}, error = {1, 3, 5, 7, 9};
  levels.observe(label, error);
  const auto taken = levels.take();
  REQUIRE(taken.size() == 20);
  CHECK(taken[0].count == 2);
  CHECK(taken[0].mean == 2);
  CHECK(taken[0].deviation == Approx(1));
  CHECK(taken[1].mean == 5);
  CHECK(taken[10].mean == 7);
  CHECK(taken[19].mean == 9);
  CHECK(std::isnan(taken[2].mean));
  CHECK(levels.take().empty());
  std::vector<LevelErrors> first = taken, last = taken;
  last[0].mean = 1, last[1].mean = 4.9, last[10].mean = 0.1, last[19].mean = 1;
  CHECK(least_improved(first, last) == 1);
  CHECK(least_improved(first, {}) == -1);
}

TEST_CASE("a training reports the errors of all its samples, low noise the hardest to predict") {
  Trainer t = trainer({.steps = 300, .batch = 200, .learning_rate = 3e-3, .log_every = 100});
  std::vector<LevelErrors> last;
  for (int i = 1; i <= 300; ++i) {
    const StepReport report = t.step();
    CHECK(report.levels.empty() == (i % 100 != 0));
    CHECK(report.clipped == (report.gradient_norm > 1));
    CHECK(report.operations > 0);
    if (!report.levels.empty()) last = report.levels;
  }
  const auto samples = std::accumulate(last.begin(), last.end(), std::int64_t{0},
                                       [](std::int64_t sum, const LevelErrors& e) { return sum + e.count; });
  CHECK(samples == 100 * 200);
  for (const auto& errors : last) CHECK(std::abs(errors.count - 1000) <= 100);  // stratified times
  CHECK(last[0].mean > 0.8);   // noise far below the data can hardly be seen
  CHECK(last[19].mean < 0.2);  // and is all there is at the end
}

TEST_CASE("divergence is named by step and tensor") {
  Tensor small = Tensor::ones({2}), large = Tensor::full({2}, 5);
  const std::vector<NamedParameter> parameters = {{"small", &small, true}, {"large", &large, true}};
  std::vector<Tensor> gradients = {Tensor::full({2}, 7), Tensor::ones({2})};
  Dataset data{.x = Tensor::ones({4, 2})};
  const auto numbers = [&](std::int64_t step, double loss) {
    return StepNumbers{step, loss, gradient_norm(gradients), parameters, gradients, data};
  };
  DivergenceGuard guard(100), open(0);
  for (int step = 1; step <= 30; ++step) guard.check(numbers(step, 1 + 0.01 * (step % 3)));
  CHECK_NOTHROW(guard.check(numbers(31, 90)));
  CHECK_THROWS_WITH(guard.check(numbers(32, 120)), Catch::Contains("step 32") && Catch::Contains("of small"));
  for (int step = 1; step <= 30; ++step) open.check(numbers(step, 1));
  CHECK_NOTHROW(open.check(numbers(31, 1e9)));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(guard.check(numbers(33, nan)),
                    Catch::Contains("step 33") && Catch::Contains("largest parameter is large"));
  data.x.data<float>()[5] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(guard.check(numbers(33, nan)), Catch::Contains("sample 2"));
  large.data<float>()[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(guard.check(numbers(33, nan)), Catch::Contains("parameter large is not finite"));
  gradients[1].data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(guard.check(numbers(33, 1)), Catch::Contains("gradient of large"));
}

TEST_CASE("a parameter that overflows is named with its step, and not saved") {
  Trainer t = trainer({.batch = 64, .optimizer = "sgd", .learning_rate = 1e39, .clip = 0});
  t.step();
  CHECK_THROWS_WITH(t.state(), Catch::Contains("step 1") && Catch::Contains("parameter"));
  CHECK_THROWS_WITH(t.step(), Catch::Contains("step 1") && Catch::Contains("parameter"));
}
