#include "fokker/experiments/training/trainer.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/training/checkpoint.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/objectives/denoising.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;

namespace {

const VP sde;

std::shared_ptr<Network> mlp(std::uint64_t seed = 0) {
  return make_network({.kind = "mlp", .hidden = {24, 24}, .time_dimension = 8, .dropout = 0.1}, Shape{2}, Rng(seed));
}

Trainer trainer(TrainConfig config = {.batch = 100}) { return Trainer(mlp(), sde, eight_gaussians(500, 0), config, 7); }

bool same(const SafeTensors& a, const SafeTensors& b) {
  if (a.tensors.size() != b.tensors.size() || a.metadata != b.metadata) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (std::memcmp(a.tensors[i].second.raw(), b.tensors[i].second.raw(),
                    static_cast<std::size_t>(a.tensors[i].second.bytes())))
      return false;
  return true;
}

SafeTensors copy(const SafeTensors& state) {
  SafeTensors result = state;
  for (auto& [name, tensor] : result.tensors) tensor = tensor.clone();
  return result;
}

struct Threads {
  explicit Threads(int count) { set_thread_count(count); }
  ~Threads() { set_thread_count(before); }
  int before = thread_count();
};

}  // namespace

TEST_CASE("a network with classes is trained on the labels of its samples") {
  const NetworkConfig config{.kind = "mlp", .hidden = {8}, .time_dimension = 4, .classes = 3};
  Dataset data{.x = Rng(0).normal({60, 2}), .labels = std::vector<std::int64_t>(60, 0)};
  for (std::size_t i = 0; i < 30; ++i) data.labels[i] = 1;
  const auto weight = [](Network& network) {
    for (const auto& p : network.parameters())
      if (p.name == "class_embedding.weight") return p.tensor->clone();
    return Tensor{};
  };
  const std::shared_ptr<Network> network = make_network(config, Shape{2}, Rng(0));
  const Tensor before = weight(*network);
  Trainer t(network, sde, data, {.batch = 20, .weight_decay = 0}, 7);
  for (int i = 0; i < 3; ++i) t.step();  // the output layer starts at zero
  const Tensor after = weight(*network);
  for (std::int64_t row : {0, 1}) CHECK(after.rows(row, row + 1).to_vector() != before.rows(row, row + 1).to_vector());
  CHECK(after.rows(2, 3).to_vector() == before.rows(2, 3).to_vector());
  data.labels.back() = 3;
  CHECK_THROWS_WITH(Trainer(network, sde, data, {.batch = 20}, 7), Catch::Contains("network.classes"));
  data.labels.clear();
  CHECK_THROWS_WITH(Trainer(network, sde, data, {.batch = 20}, 7), Catch::Contains("network.classes"));
}

TEST_CASE("training has the same bits for any number of threads") {
  std::vector<SafeTensors> states;
  for (int count : {1, 2, 3}) {
    const Threads threads(count);
    Trainer t = trainer();
    for (int i = 0; i < 8; ++i) t.step();
    states.push_back(copy(t.state()));
  }
  CHECK(same(states[0], states[1]));
  CHECK(same(states[0], states[2]));
}

TEST_CASE("a restored trainer goes on bit for bit, with every optimizer") {
  for (const char* optimizer : {"adam", "adamw", "sgd"}) {
    const TrainConfig config{
        .batch = 64, .optimizer = optimizer, .weight_decay = 0.01, .schedule = "cosine", .warmup = 3};
    Trainer whole = trainer(config), first = trainer(config), second = trainer(config);
    for (int i = 0; i < 10; ++i) whole.step();
    for (int i = 0; i < 5; ++i) first.step();
    second.restore(first.state());
    CHECK(second.steps_done() == 5);
    for (int i = 0; i < 5; ++i) second.step();
    INFO(optimizer);
    CHECK(same(whole.state(), second.state()));
    CHECK_FALSE(same(whole.state(), first.state()));
  }
}

TEST_CASE("one step of SGD is the gradient of the batch's loss") {
  // The sum over shards and lanes against the gradient of the whole batch at once.
  const TrainConfig config{.steps = 1, .batch = 90, .optimizer = "sgd", .learning_rate = 0.5, .momentum = 0, .clip = 0};
  const Dataset data = eight_gaussians(90, 0);
  auto network = make_network({.kind = "mlp", .hidden = {6}, .time_dimension = 4}, Shape{2}, Rng(3));
  auto reference = make_network({.kind = "mlp", .hidden = {6}, .time_dimension = 4}, Shape{2}, Rng(3));
  Trainer t(std::move(network), sde, data, config, 5);
  const double loss = t.step().loss;
  std::vector<Tensor> leaves;
  for (auto& p : reference->trainable_parameters()) leaves.push_back(*p.tensor = p.tensor->leaf());
  const TimeSamplingConfig times{.t_min = sde.t_min()};
  const DenoisingScoreMatching dsm(sde, {.times = times});
  const auto rows = batch_indices(5, 0, 90, 90);
  const Tensor expected =
      dsm.loss(*reference, {.x0 = subset(data, rows).x, .seed = 5, .step = 0, .first = 0, .batch = 90}).total;
  CHECK(loss == Approx(expected.item()).epsilon(1e-6));
  const auto gradients = grad(expected, leaves);
  const SafeTensors state = t.state();
  for (std::size_t i = 0; i < leaves.size(); ++i)
    for (std::int64_t j = 0; j < leaves[i].size(); ++j) {
      INFO(state.tensors[i].first);
      CHECK(state.tensors[i].second.at(j) ==
            Approx(leaves[i].at(j) - 0.5 * gradients[i].at(j)).epsilon(1e-5).margin(1e-7));
    }
}

TEST_CASE("noise that is paired with data over a whole batch stays paired in its shards") {
  const RectifiedFlow flow;
  const Dataset data = eight_gaussians(90, 0);
  const std::shared_ptr<Network> network =
      make_network({.kind = "mlp", .hidden = {6}, .time_dimension = 4}, Shape{2}, Rng(3));
  TrainConfig config{.prediction = "velocity", .batch = 90};
  const auto expected = [&](const char* coupling) {
    config.coupling = coupling;
    const auto objective = make_objective(config, flow);
    Shard batch{.x0 = subset(data, batch_indices(5, 0, 90, 90)).x, .seed = 5, .step = 0, .first = 0, .batch = 90};
    if (objective->couples()) batch.noise_rows = objective->coupling(batch.x0, 5, 0);
    return objective->loss(*network, batch).total.item();
  };
  const double independent = expected("independent"), optimal = expected("optimal");
  CHECK(std::abs(independent - optimal) > 0.05 * independent);
  Trainer t(network, flow, data, config, 5);
  CHECK(t.step().loss == Approx(optimal).epsilon(1e-5));
}

TEST_CASE("training approaches the least possible loss of a Gaussian") {
  // Data N(0, I): E‖ε̂ − ε‖²/D at the exact score is E α², ε̂ = σ x.
  Dataset data{.x = Rng(1, Stream::data).normal({4000, 2}), .name = "normal"};
  Trainer t(mlp(), sde, data, {.steps = 600, .batch = 400, .learning_rate = 3e-3}, 0);
  double recent = 0;
  for (int i = 0; i < 600; ++i) {
    const double loss = t.step().loss;
    if (i == 0) CHECK(loss > 0.9);
    if (i >= 500) recent += loss / 100;
  }
  double least = 0;
  for (int i = 0; i < 1000; ++i) least += std::pow(sde.marginal(1e-3 + (i + 0.5) / 1000 * 0.999).alpha, 2) / 1000;
  INFO("least " << least << ", reached " << recent);
  CHECK(recent < least + 0.05);
  CHECK(recent > least - 0.03);  // negative control of the objective: nothing can be better
}

TEST_CASE("a value that is not finite stops the step that met it") {
  Dataset data = eight_gaussians(50, 0);
  data.x = data.x.clone();
  data.x.data<float>()[20] = std::numeric_limits<float>::quiet_NaN();
  Trainer t(mlp(), sde, data, {.batch = 50}, 0);
  const SafeTensors before = copy(t.state());
  CHECK_THROWS_WITH(t.step(), Catch::Contains("step 1") && Catch::Contains("loss"));
  CHECK(same(before, t.state()));
}

TEST_CASE("the averaged network lags behind the trained one") {
  const TrainConfig config{.batch = 50, .learning_rate = 1e-2, .ema = 0.9};
  const auto network = mlp();
  Trainer t(network, sde, eight_gaussians(200, 0), config, 0);
  const double start = t.state().tensors[0].second.at(0);
  for (int i = 0; i < 20; ++i) t.step();
  const double now = network->parameters()[0].tensor->at(0);
  const double average = t.averaged().parameters()[0].tensor->at(0);
  CHECK(std::min(start, now) < average);
  CHECK(average < std::max(start, now));
}

TEST_CASE("train() is the trainer's steps, and its progress can end it") {
  const TrainConfig config{.steps = 6, .batch = 50};
  Trainer steps(mlp(), sde, eight_gaussians(200, 0), config, 3);
  for (int i = 0; i < 4; ++i) steps.step();
  int seen = 0;
  const auto trained = train(mlp(), sde, eight_gaussians(200, 0), config, 3, [&](const StepReport& report) {
    ++seen;
    return report.step < 4;
  });
  CHECK(seen == 4);
  const auto parameters = trained.parameters();
  const System averaged = steps.averaged();
  const auto expected = averaged.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    CHECK(parameters[i].tensor->to_vector() == expected[i].tensor->to_vector());
}

TEST_CASE("states of another network are refused") {
  Trainer t = trainer();
  Trainer other(make_network({.kind = "mlp", .hidden = {9}}, Shape{2}, Rng(0)), sde, eight_gaussians(100, 0),
                {.batch = 10}, 0);
  CHECK_THROWS_AS(t.restore(other.state()), ConfigError);
  CHECK_THROWS_WITH(Trainer(mlp(), sde, eight_gaussians(100, 0), {.objective = "no_such"}, 0), Catch::Contains("dsm"));
  CHECK_THROWS_WITH(Trainer(mlp(), sde, eight_gaussians(100, 0), {.objective = "regression"}, 0).step(),
                    Catch::Contains("targets"));
}

TEST_CASE("checkpoints keep the last two, notice damage and fall back") {
  const TemporaryFolder folder;
  Trainer t = trainer();
  for (int i = 0; i < 3; ++i) {
    t.step();
    save_checkpoint(folder.path(), t.state());
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "step-00000001.safetensors"));
  const auto newest = folder.path() / "step-00000003.safetensors";
  CHECK(latest_checkpoint(folder.path())->metadata.at("step") == "3");
  {
    std::FILE* file = std::fopen(newest.c_str(), "r+b");
    std::fseek(file, -5, SEEK_END);
    std::fputc(0x55, file);
    std::fclose(file);
  }
  CHECK_THROWS_WITH(load_checkpoint(newest), Catch::Contains("SHA-256"));
  CHECK(latest_checkpoint(folder.path())->metadata.at("step") == "2");
  CHECK_FALSE(latest_checkpoint(folder.path() / "nothing"));
}
