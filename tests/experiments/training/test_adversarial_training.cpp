#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/toys.h"
#include "fokker/experiments/experiment.h"
#include "fokker/experiments/metrics/metrics.h"
#include "fokker/experiments/metrics/modes.h"
#include "fokker/experiments/systems_seeds.h"
#include "fokker/experiments/training/refine.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/objectives/adversarial.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;

/// n numbers of the law N(0.7, 0.4²).
Dataset normal_data(std::int64_t n) {
  Dataset data{.x = Rng(5).normal({n, 1}), .name = "normal"};
  for (float& v : data.x.data<float>()) v = 0.7F + 0.4F * v;
  return data;
}

TrainConfig play(const char* objective, std::int64_t levels) {
  TrainConfig config{.objective = objective, .prediction = "x0", .levels = levels};
  config.adversarial = {.r1 = 1, .discriminator = {32, 32}};
  config.steps = 1200;
  config.schedule = "cosine";
  config.batch = 128;
  config.learning_rate = 1e-3;
  config.betas = {0, 0.99};
  config.clip = 0;
  config.ema = 0.995;
  return config;
}

std::shared_ptr<Network> generator(const TrainConfig& config, std::int64_t dimension) {
  const NetworkConfig network{.kind = "mlp",
                              .hidden = {32, 32},
                              .time_dimension = 16,
                              .out_channels = latent_channels(config) > 0 ? dimension : 0};
  return make_network(network, Shape{dimension + latent_channels(config)}, Rng(1));
}

struct Moments {
  double mean, deviation;
};

Moments moments_of_samples(const System& system, const TrainConfig& config, std::int64_t n) {
  SampleConfig sampler{.solver = "ancestral", .n = n, .times = generator_times(sde, config.levels)};
  const Samples samples = sample(system.score(), sde, sampler, {.shape = {1}});
  double sum = 0, squares = 0;
  for (const double x : samples.values.to_vector()) sum += x, squares += x * x;
  const double mean = sum / static_cast<double>(n);
  return {mean, std::sqrt(squares / static_cast<double>(n) - mean * mean)};
}

struct Threads {
  int before = thread_count();
  explicit Threads(int count) { set_thread_count(count); }
  ~Threads() { set_thread_count(before); }
};

}  // namespace

TEST_CASE("a GAN and a denoising-diffusion GAN learn a normal law") {
  for (const auto& [objective, levels] : {std::pair{"gan", 0}, {"ddgan", 2}})
    for (const char* loss : {"non_saturating", "hinge"}) {
      TrainConfig config = play(objective, levels);
      config.adversarial.loss = loss;
      const System trained = train(generator(config, 1), sde, normal_data(4000), config, 3);
      const Moments found = moments_of_samples(trained, config, 4000);
      INFO(objective << ", " << loss << ": " << found.mean << ", " << found.deviation);
      CHECK(found.mean == Approx(0.7).margin(0.1));
      CHECK(found.deviation == Approx(0.4).margin(0.1));
    }
}

TEST_CASE("adversarial training has the same bits on any threads and after a restart") {
  TrainConfig config = play("ddgan", 4);
  config.adversarial.r1_every = 2;
  const auto fresh = [&] { return Trainer(generator(config, 2), sde, eight_gaussians(500, 0), config, 7); };
  std::vector<std::vector<double>> bits;
  for (const int count : {1, 3}) {
    const Threads threads(count);
    Trainer trainer = fresh();
    for (int i = 0; i < 6; ++i) trainer.step();
    bits.emplace_back();
    for (const auto& [name, tensor] : trainer.state().tensors)
      for (const double v : tensor.to_vector()) bits.back().push_back(v);
  }
  CHECK(bits[0] == bits[1]);
  Trainer first = fresh(), second = fresh();
  for (int i = 0; i < 3; ++i) first.step();
  second.restore(first.state());
  std::vector<double> resumed;
  for (int i = 0; i < 3; ++i) second.step();
  for (const auto& [name, tensor] : second.state().tensors)
    for (const double v : tensor.to_vector()) resumed.push_back(v);
  CHECK(resumed == bits[0]);
}

TEST_CASE("the discriminator's own rate multiplies the learning rate") {
  TrainConfig config = play("gan", 0);
  config.optimizer = "sgd";
  config.momentum = 0;
  std::vector<double> moved[2];
  for (const double rate : {1.0, 3.0}) {
    config.adversarial.discriminator_rate = rate;
    Trainer trainer(generator(config, 1), sde, normal_data(200), config, 7);
    std::vector<Tensor> before;
    for (const auto& [name, tensor] : trainer.state().tensors) before.push_back(tensor.clone());
    trainer.step();
    const SafeTensors after = trainer.state();
    for (std::size_t i = 0; i < before.size(); ++i)
      if (after.tensors[i].first.starts_with("model.objective."))
        for (std::int64_t k = 0; k < before[i].size(); ++k)
          moved[rate == 3].push_back(after.tensors[i].second.at(k) - before[i].at(k));
  }
  double norm = 0;
  for (std::size_t i = 0; i < moved[0].size(); ++i) {
    CHECK(moved[1][i] == Approx(3 * moved[0][i]).epsilon(1e-2).margin(1e-6));
    norm += std::abs(moved[0][i]);
  }
  CHECK(norm > 1e-4);
}

TEST_CASE("modes count classes that hold their share, and samples near one") {
  const Dataset grid = gaussian_grid(5000, 0), held_out = gaussian_grid(1000, 1);
  MetricConfig config;
  config.metrics = {"modes"};
  const Evaluator evaluator(grid, held_out, config);
  const auto figures = [&](const Tensor& x) {
    const auto results = evaluator(x);
    return std::pair{results[0].value, results[1].value};
  };
  CHECK(figures(gaussian_grid(2500, 9).x) == std::pair{25.0, 1.0});
  Tensor seven = gaussian_grid(700, 9).x.clone();  // 100 samples at each of seven modes, then every fourth astray
  const Tensor centre = cast(gaussian_grid_mixture().means, Dtype::f32);
  for (std::int64_t i = 0; i < 700; ++i)
    for (std::int64_t k = 0; k < 2; ++k)
      seven.data<float>()[2 * i + k] = static_cast<float>(centre.at(2 * (i % 7) + k));
  CHECK(figures(seven) == std::pair{7.0, 1.0});
  for (std::int64_t i = 0; i < 700; i += 4) seven.data<float>()[2 * i] += 0.5F;
  CHECK(figures(seven) == std::pair{7.0, 0.75});
  CHECK(mode_coverage({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 2, 0.5).covered == 1);
  CHECK(mode_coverage({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 2, 0.2).covered == 2);
  CHECK_THROWS_WITH(Evaluator(swiss_roll(100, 0), swiss_roll(100, 1), config), Catch::Contains("labelled"));
}

TEST_CASE("images have modes in the features of a classifier, and noise has none") {
  Dataset digits = load_dataset("digits");
  digits.x = digits.x * 0.125 - 1;
  MetricConfig config;
  config.metrics = {"modes"};
  const Evaluator evaluator(digits, digits, config);
  const auto real = evaluator(digits.x.rows(0, 500));
  CHECK(real[0].value == 10);
  CHECK(real[1].value > 0.9);
  std::vector<std::int64_t> sevens;
  for (std::int64_t i = 0; i < digits.size(); ++i)
    if (digits.labels[static_cast<std::size_t>(i)] == 7) sevens.push_back(i);
  CHECK(evaluator(subset(digits, sevens).x)[0].value == 1);
  CHECK(evaluator(Rng(1).normal({300, 8, 8, 1}) * 3)[1].value < 0.1);
}

TEST_CASE("a table over seeds counts collapsed and broken trainings") {
  const auto run = [](std::uint64_t seed, double modes, bool failed) {
    TableSystem system{.name = "gan", .objective = "gan", .seed = seed, .training_seconds = 2};
    system.failed = failed;
    if (failed) return system;
    SampleSet set{.config = {}, .samples = {}, .metrics = {{"modes", modes, 25}}};
    set.config.name = "one";
    set.samples.nfe = 1;
    set.samples.seconds = 0.1;
    set.samples.values = Tensor::zeros({100, 2});
    system.sets.push_back(set);
    return system;
  };
  const auto lines = seeds_table({run(0, 20, false), run(1, 4, false), run(2, 0, true)});
  REQUIRE(lines.size() == 4);
  CHECK_THAT(lines[2], Catch::Contains("| gan | one | 1 "));
  CHECK_THAT(lines[2], Catch::Contains("| 12 ["));
  CHECK_THAT(lines[2], Catch::Contains("2 of 3"));
  const Hdf5File file = seeds_file({run(0, 20, false), run(1, 4, false), run(2, 0, true)}, "");
  CHECK(file.read("/systems/gan/samplers/one/failed", Dtype::f64).to_vector() == std::vector<double>{0, 1, 1});
  CHECK(file.read("/systems/gan/samplers/one/modes", Dtype::f64).at(1) == 4);
}

TEST_CASE("a trained discriminator gives a biased model the data's shares of modes") {
  const std::vector<std::vector<double>> means = {{-1, 0.5}, {1.2, 0}};
  const GaussianMixture law(means, {0.3, 0.3}, {0.5, 0.5}), biased(means, {0.3, 0.3}, {0.85, 0.15});
  const Dataset real{.x = law.sample(8000, Rng(1)), .name = "two modes"};
  const LogRatio ratio = train_log_ratio(real, biased.sample(8000, Rng(2)), sde, {.steps = 600});
  // Against the exact one, at a noise level where the laws overlap.
  const double t = 0.2;
  const Tensor x = law.diffused(sde.marginal(t)).sample(500, Rng(3));
  const Tensor exact = law.diffused(sde.marginal(t)).log_density(x) - biased.diffused(sde.marginal(t)).log_density(x);
  const Tensor found = ratio(x, t);
  double error = 0, size = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    error += std::pow(found.at(i) - exact.at(i), 2);
    size += std::pow(exact.at(i), 2);
  }
  CHECK(error < 0.1 * size);
  const auto second = [](const Score& score) {
    const Samples samples =
        sample(score, sde, {.solver = "dpmpp_2m", .steps = 30, .n = 3000, .grid = "log_snr"}, {.shape = {2}});
    double share = 0;
    for (std::int64_t i = 0; i < 3000; ++i) share += samples.values.at(2 * i) > 0.1 ? 1.0 / 3000 : 0;
    return share;
  };
  CHECK(second(biased.score(sde)) == Approx(0.15).margin(0.03));
  CHECK(second(refine(biased.score(sde), ratio)) == Approx(0.5).margin(0.06));
}
