#include <cmath>
#include <map>
#include <numbers>

#include "fokker/core/base/parallel.h"
#include "fokker/core/nn/attention.h"
#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/embedding.h"
#include "fokker/core/nn/norm.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// One of each layer.
class Toy final : public Module {
 public:
  Linear linear{4, 3, Rng(1)};
  FourierEmbedding embedding{6, 2.0, Rng(2)};
  std::vector<GroupNorm> norms{GroupNorm(4, 2), GroupNorm(8, 2)};

  std::unique_ptr<Module> clone() const override { return std::make_unique<Toy>(*this); }
  void visit(const ParameterVisitor& visitor) override {
    visitor("linear", linear);
    visitor("embedding", embedding);
    visitor("norms", norms);
  }
};

std::vector<std::string> names(const std::vector<NamedParameter>& parameters) {
  std::vector<std::string> result;
  for (const auto& p : parameters) result.push_back(p.name);
  return result;
}

/// One parameter under an optimizer, and the gradients of its steps.
struct Track {
  Tensor parameter = Tensor::from({1, -2, 0.5}, {3}, Dtype::f64);
  std::vector<NamedParameter> named() { return {{"p", &parameter, true}}; }
  static Tensor gradient(int step) { return Tensor::from({0.1 * step, -1.0 / step, std::sin(step)}, {3}, Dtype::f64); }
};

void check_adam(AdamConfig config) {
  Track track;
  Adam adam(track.named(), config);
  std::vector<double> p = track.parameter.to_vector(), m(3), v(3);
  for (int t = 1; t <= 6; ++t) {
    const double rate = 0.01 * t, scale = t == 3 ? 0.25 : 1;
    const Tensor g = Track::gradient(t);
    adam.step(std::span(&g, 1), rate, scale);
    for (std::size_t i = 0; i < 3; ++i) {
      const double gi = g.at(static_cast<std::int64_t>(i)) * scale;
      m[i] = config.beta1 * m[i] + (1 - config.beta1) * gi;
      v[i] = config.beta2 * v[i] + (1 - config.beta2) * gi * gi;
      const double m_hat = m[i] / (1 - std::pow(config.beta1, t)), v_hat = v[i] / (1 - std::pow(config.beta2, t));
      p[i] -= rate * config.weight_decay * p[i];
      p[i] -= rate * m_hat / (std::sqrt(v_hat) + config.epsilon);
      CHECK(track.parameter.at(static_cast<std::int64_t>(i)) == Approx(p[i]).epsilon(1e-12));
    }
  }
  CHECK(adam.steps() == 6);
}

/// Sums of lanes and a gradient norm, over tensors large enough for many chunks.
std::vector<double> reduced(int threads) {
  const int before = thread_count();
  set_thread_count(threads);
  std::vector<std::vector<Tensor>> lanes;
  for (std::uint64_t lane = 0; lane < 5; ++lane)
    lanes.push_back({Rng(lane).normal({50'000}), Rng(lane + 10).normal({7}), Rng(lane + 20).normal({9'000})});
  sum_lanes(lanes);
  std::vector<double> result{gradient_norm(lanes[0])};
  for (const Tensor& t : lanes[0]) result.push_back(t.at(3));
  set_thread_count(before);
  return result;
}

}  // namespace

TEST_CASE("modules name their parameters and share memory among replicas") {
  Toy toy;
  CHECK(names(toy.parameters()) == std::vector<std::string>{"linear.weight", "linear.bias", "embedding.weight",
                                                            "norms.0.weight", "norms.0.bias", "norms.1.weight",
                                                            "norms.1.bias"});
  CHECK(names(toy.trainable_parameters()).size() == 6);
  CHECK(toy.parameter_count() == 12 + 3 + 8 + 16);
  const auto replica = toy.replica();
  const auto of_replica = replica->parameters();
  CHECK(of_replica[0].tensor->raw() == toy.linear.weight.raw());
  CHECK(of_replica[0].tensor->tracked());
  CHECK(!of_replica[2].tensor->tracked());
  CHECK(!toy.linear.weight.tracked());
}

TEST_CASE("parameters load by name, and wrong sets are refused") {
  Toy from, to;
  std::vector<std::pair<std::string, Tensor>> values;
  for (const auto& p : from.parameters()) values.emplace_back(p.name, *p.tensor + 1.0);
  load_parameters(to, values);
  CHECK(to.linear.weight.at(5) == from.linear.weight.at(5) + 1.0f);
  auto missing = values;
  missing.pop_back();
  CHECK_THROWS_WITH(load_parameters(to, missing), Catch::Contains("norms.1.bias"));
  auto unknown = values;
  unknown.emplace_back("other", Tensor::zeros({1}));
  CHECK_THROWS_WITH(load_parameters(to, unknown), Catch::Contains("other"));
  values[0].second = Tensor::zeros({3, 5});
  CHECK_THROWS_AS(load_parameters(to, values), ShapeError);
}

TEST_CASE("initial weights fill ±1/√fan_in") {
  const Linear layer(100, 400, Rng(3));
  CHECK(max(reshape(layer.weight, {1, 40'000}), 1).item() == Approx(0.1).epsilon(1e-3));
  CHECK(max(reshape(-layer.weight, {1, 40'000}), 1).item() == Approx(0.1).epsilon(1e-3));
  CHECK(mean(square(layer.weight)).item() == Approx(0.01 / 3).epsilon(0.02));
  CHECK(sum(square(Linear(4, 4, Rng(1), Init::zero).weight)).item() == 0);
  CHECK(layer.weight.at(0) != Linear(100, 400, Rng(4)).weight.at(0));
}

TEST_CASE("layers compute their formulas") {
  Linear linear;
  linear.weight = Tensor::from({1, 2, 3, 4, 5, 6}, {3, 2});
  linear.bias = Tensor::from({10, 20, 30}, {3});
  CHECK(linear(Tensor::from({1, -1}, {1, 2})).to_vector() == std::vector<double>{9, 19, 29});

  Conv2d conv(1, 1, 3, Rng(1));
  conv.weight = Tensor::from({0, 0, 0, 0, 0, 1, 0, 0, 0}, {1, 1, 3, 3});  // the pixel to the right
  conv.bias = Tensor::from({0.5}, {1});
  CHECK(conv(Tensor::from({1, 2, 3, 4}, {1, 2, 2, 1})).to_vector() == std::vector<double>{2.5, 0.5, 4.5, 0.5});

  const Tensor normal = LayerNorm(2)(Tensor::from({1, 3}, {1, 2}));
  CHECK(normal.at(0) == Approx(-1).margin(1e-4));
  CHECK(normal.at(1) == Approx(1).margin(1e-4));

  const Attention attention(8, 2, 2, Rng(1));
  const Tensor x = Rng(9).normal({2, 3, 3, 8});
  CHECK(attention(x).to_vector() == x.to_vector());  // the output layer starts at zero
}

TEST_CASE("conditional instance norm scales, shifts, and gives back the means of the channels") {
  const std::int64_t pixels = 6, channels = 3;
  ConditionalInstanceNorm norm(channels, 2, Rng(1));
  norm.epsilon = 1e-2;  // large enough to be seen
  norm.visit(ParameterVisitor(
      [](const std::string& name, Tensor& p, bool) { p = Rng(name.size()).normal(p.shape(), Dtype::f64); }));
  const Tensor x = Rng(3).normal({2, 2, 3, channels}, Dtype::f64) * 2.0 + 1.0, e = Rng(4).normal({2, 2}, Dtype::f64);
  const Tensor y = norm(x, e), vectors = norm.embed(e);
  const auto moments = [](const std::vector<double>& v, double ddof) {
    double mean = 0, square = 0;
    for (double value : v) mean += value / static_cast<double>(v.size());
    for (double value : v) square += (value - mean) * (value - mean) / (static_cast<double>(v.size()) - ddof);
    return std::pair{mean, square};
  };
  for (std::int64_t b = 0; b < 2; ++b) {
    std::vector<double> means, variances;
    for (std::int64_t c = 0; c < channels; ++c) {
      std::vector<double> values;
      for (std::int64_t p = 0; p < pixels; ++p) values.push_back(x.at((b * pixels + p) * channels + c));
      const auto [mean, variance] = moments(values, 0);
      means.push_back(mean);
      variances.push_back(variance);
    }
    const auto [centre, spread] = moments(means, 1);
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const auto vector = [&](std::int64_t which) { return vectors.at((b * 3 + which) * channels + c); };
      const double plus = (means[i] - centre) / std::sqrt(spread + norm.epsilon);
      for (std::int64_t p = 0; p < pixels; ++p) {
        const std::int64_t at = (b * pixels + p) * channels + c;
        const double normal = (x.at(at) - means[i]) / std::sqrt(variances[i] + norm.epsilon);
        CHECK(y.at(at) == Approx(vector(0) * (normal + vector(1) * plus) + vector(2)).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("time embeddings hold the cosines and sines that they promise") {
  const Tensor e = sinusoidal_embedding(Tensor::from({0, 2.5}, {2}, Dtype::f64), 6, {.max_period = 1000});
  REQUIRE(e.shape() == Shape{2, 6});
  for (std::int64_t i = 0; i < 3; ++i) {
    const double phase = 2.5 * std::pow(1000.0, -static_cast<double>(i) / 3);
    CHECK(e.at(i) == 1);
    CHECK(e.at(3 + i) == 0);
    CHECK(e.at(6 + i) == Approx(std::cos(phase)).epsilon(1e-12));
    CHECK(e.at(9 + i) == Approx(std::sin(phase)).epsilon(1e-12));
  }
  const FourierEmbedding fourier(6, 16, Rng(2));
  const Tensor f = fourier(Tensor::from({0.25}, {1}));
  for (std::int64_t i = 0; i < 3; ++i) {
    const double phase = 2 * std::numbers::pi * fourier.weight.at(i) * 0.25;
    CHECK(f.at(i) == Approx(std::sin(phase)).margin(2e-5));
    CHECK(f.at(3 + i) == Approx(std::cos(phase)).margin(2e-5));
  }
  CHECK_THROWS_AS(sinusoidal_embedding(Tensor::zeros({2}), 5), ConfigError);
  const Tensor shifted = sinusoidal_embedding(Tensor::from({1000}, {1}, Dtype::f64), 6,
                                              {.max_period = 1000, .shift = 1, .cosine_first = false});
  CHECK(shifted.at(2) == Approx(std::sin(1.0)).epsilon(1e-12));
  CHECK(shifted.at(5) == Approx(std::cos(1.0)).epsilon(1e-12));
  CHECK_THROWS_AS(sinusoidal_embedding(Tensor::zeros({2}), 6, {.shift = 3}), ConfigError);
}

TEST_CASE("dropout keeps the mean, and a sample's mask in any batch") {
  const Dropout dropout{.rate = 0.3, .layer = 2};
  const Pass pass{.training = true, .rng = Rng(3), .first_sample = 0};
  const Tensor x = Tensor::ones({1000, 50});
  const Tensor y = dropout(x, pass);
  CHECK(mean(y).item() == Approx(1).margin(4.5 * std::sqrt(0.3 / 0.7 / 50'000)));
  CHECK(mean(greater(y, 0.0)).item() == Approx(0.7).margin(4.5 * std::sqrt(0.21 / 50'000)));
  Pass later = pass;
  later.first_sample = 400;
  CHECK(dropout(x.rows(400, 403), later).to_vector() == y.rows(400, 403).to_vector());
  CHECK(dropout(x, Pass{}).raw() == x.raw());
  const Dropout other{.rate = 0.3, .layer = 3};
  CHECK(other(x, pass).to_vector() != y.to_vector());
}

TEST_CASE("Adam and AdamW follow their formulas") {
  check_adam({});
  check_adam({.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.1});
}

TEST_CASE("SGD with momentum follows its formula") {
  Track track;
  Sgd sgd(track.named(), 0.9);
  std::vector<double> p = track.parameter.to_vector(), v(3);
  for (int t = 1; t <= 5; ++t) {
    const Tensor g = Track::gradient(t);
    sgd.step(std::span(&g, 1), 0.1, 0.5);
    for (std::size_t i = 0; i < 3; ++i) {
      v[i] = 0.9 * v[i] + 0.5 * g.at(static_cast<std::int64_t>(i));
      p[i] -= 0.1 * v[i];
      CHECK(track.parameter.at(static_cast<std::int64_t>(i)) == Approx(p[i]).epsilon(1e-12));
    }
  }
  const std::vector<Tensor> wrong{Tensor::zeros({4}, Dtype::f64)};
  CHECK_THROWS_AS(sgd.step(wrong, 0.1), ShapeError);
}

TEST_CASE("an optimizer resumes from its state") {
  Track a, b;
  Adam first(a.named()), second(b.named());
  for (int t = 1; t <= 3; ++t) {
    const Tensor g = Track::gradient(t);
    first.step(std::span(&g, 1), 0.1);
  }
  auto from = first.state(), to = second.state();
  REQUIRE(from.size() == 2);
  CHECK(from[0].first == "m.p");
  for (std::size_t i = 0; i < from.size(); ++i)
    std::ranges::copy(from[i].second.data<double>(), to[i].second.data<double>().begin());
  std::ranges::copy(a.parameter.data<double>(), b.parameter.data<double>().begin());
  second.set_steps(first.steps());
  const Tensor g = Track::gradient(4);
  first.step(std::span(&g, 1), 0.1);
  second.step(std::span(&g, 1), 0.1);
  CHECK(a.parameter.to_vector() == b.parameter.to_vector());
}

TEST_CASE("clipping by the norm of all gradients") {
  const std::vector<Tensor> g{Tensor::from({3, 0}, {2}), Tensor::from({4}, {1, 1})};
  CHECK(gradient_norm(g) == Approx(5));
  CHECK(clip_factor(5, 1) == Approx(0.2));
  CHECK(clip_factor(5, 6) == 1);
  CHECK(clip_factor(5, 0) == 1);
  CHECK(gradient_norm(std::vector<Tensor>{Tensor::ones({100'000})}) == Approx(std::sqrt(1e5)));
}

TEST_CASE("lanes and norms are summed to the same bits by any number of threads") {
  const auto one = reduced(1);
  CHECK(reduced(2) == one);
  CHECK(reduced(3) == one);
  float sum = 0;
  std::vector<float> lane;
  for (std::uint64_t i = 0; i < 5; ++i) lane.push_back(static_cast<float>(Rng(i).normal({4}).at(3)));
  sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + lane[4];
  CHECK(one[1] == sum);
}

TEST_CASE("schedules of the learning rate") {
  const ScheduleConfig warm{.kind = "constant", .warmup = 4};
  CHECK(schedule_factor(warm, 0) == 0.25);
  CHECK(schedule_factor(warm, 3) == 1);
  CHECK(schedule_factor(warm, 100) == 1);
  const ScheduleConfig cosine{.kind = "cosine", .warmup = 10, .total = 110, .last = 0.2};
  CHECK(schedule_factor(cosine, 4) == 0.5);
  CHECK(schedule_factor(cosine, 10) == 1);
  CHECK(schedule_factor(cosine, 60) == Approx(0.6));
  CHECK(schedule_factor(cosine, 110) == Approx(0.2));
  CHECK(schedule_factor(cosine, 500) == Approx(0.2));
  CHECK_THROWS_AS(schedule_factor({.kind = "linear"}, 0), ConfigError);
}
