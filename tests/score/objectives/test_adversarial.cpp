#include "fokker/score/objectives/adversarial.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/parameterization.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/score/gaussian_data.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;

/// Returns the same datum whatever it is asked.
struct Constant final : Network {
  Tensor value;
  explicit Constant(double v) : value(Tensor::full({1}, v, Dtype::f64)) {}
  Tensor operator()(const Tensor& x, const Tensor&, const Pass&) const override {
    return broadcast_to(value, with_extent(x.shape(), x.rank() - 1, 1));
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Constant>(*this); }
  void visit(const ParameterVisitor& visitor) override { visitor("value", value); }
};

double softplus_of(double x) { return std::log1p(std::exp(x)); }

std::shared_ptr<Adversarial> gan(AdversarialConfig config, const Shape& sample, std::int64_t levels = 0) {
  return std::make_shared<Adversarial>(sde, levels, std::move(config), sample, Rng(3));
}

/// Gives all parameters, some of which start at zero, values of their own.
void shuffle(Module& module, std::uint64_t seed) {
  std::uint64_t tag = 0;
  for (const auto& p : module.trainable_parameters())
    *p.tensor = Rng(seed).fork(tag++).normal(p.tensor->shape(), p.tensor->dtype()) * 0.5;
}

}  // namespace

TEST_CASE("adversarial losses are their closed forms, and their optimum is the log ratio") {
  const std::vector<double> d = {-3, -1, 0, 0.4, 2}, e = {1.5, -0.2, 0, -4, 1};
  const Tensor real = Tensor::from(d, {5}, Dtype::f64), fake = Tensor::from(e, {5}, Dtype::f64);
  const Tensor logistic = discriminator_loss(AdversarialLoss::non_saturating, real, fake);
  const Tensor hinge = discriminator_loss(AdversarialLoss::hinge, real, fake);
  for (std::size_t i = 0; i < d.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    CHECK(logistic.at(at) == Approx(softplus_of(-d[i]) + softplus_of(e[i])));
    CHECK(hinge.at(at) == Approx(std::max(0.0, 1 - d[i]) + std::max(0.0, 1 + e[i])));
    CHECK(generator_loss(AdversarialLoss::non_saturating, fake).at(at) == Approx(softplus_of(-e[i])));
    CHECK(generator_loss(AdversarialLoss::hinge, fake).at(at) == Approx(-e[i]));
  }
  // p softplus(−d) + q softplus(d) is least at d = log p/q.
  const double p = 0.7, q = 0.2;
  const Tensor at = Tensor::full({}, std::log(p / q), Dtype::f64).leaf();
  const Tensor slope = grad(softplus(-at) * p + softplus(at) * q, at);
  CHECK(slope.item() == Approx(0).margin(1e-12));
  CHECK_THROWS_WITH(adversarial_loss("wasserstein"), Catch::Contains("non_saturating, hinge"));
}

TEST_CASE("R1 is the squared gradient, and its own gradient that of finite differences") {
  // d = Σ a_j tanh(b_j·x): ‖∂d/∂x‖² in closed form.
  const Tensor x = Rng(1).normal({4, 3}, Dtype::f64);
  Tensor weight = Rng(2).normal({3, 5}, Dtype::f64);
  const auto penalty = [&](const Tensor& w) {
    const Tensor leaf = x.leaf();
    Tensor d = Tensor::zeros({4}, Dtype::f64);
    for (int j = 0; j < 5; ++j) d = d + tanh(sum(leaf * reshape(slice(w, 1, j, j + 1), {1, 3}), {1})) * (j + 1.0);
    return gradient_penalty(d, leaf);
  };
  const Tensor measured = penalty(weight);
  for (std::int64_t row = 0; row < 4; ++row) {
    double g[3] = {}, squared = 0;
    for (int j = 0; j < 5; ++j) {
      double u = 0;
      for (int k = 0; k < 3; ++k) u += weight.at(5 * k + j) * x.at(3 * row + k);
      for (int k = 0; k < 3; ++k) g[k] += (j + 1) * weight.at(5 * k + j) / std::pow(std::cosh(u), 2);
    }
    for (double v : g) squared += v * v;
    CHECK(measured.at(row) == Approx(squared).epsilon(1e-10));
  }
  const Tensor leaf = weight.leaf();
  const Tensor gradient = grad(sum(penalty(leaf)), leaf);
  for (std::int64_t i = 0; i < weight.size(); ++i) {
    const double step = 1e-5, before = weight.at(i);
    weight.data<double>()[i] = before + step;
    const double up = sum(penalty(weight)).item();
    weight.data<double>()[i] = before - step;
    const double down = sum(penalty(weight)).item();
    weight.data<double>()[i] = before;
    CHECK(gradient.at(i) == Approx((up - down) / (2 * step)).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("R1 through the discriminators has the gradient of finite differences") {
  for (const Shape& sample : {Shape{2}, Shape{4, 4, 1}}) {
    const std::vector<std::int64_t> widths = {16, 32};
    const auto network = make_discriminator(widths, sample, Rng(0));
    shuffle(*network, 7);
    const Tensor x = Rng(4).normal(with_axis(sample, 0, 3)), time = Tensor::full({3}, 250);
    auto parameters = network->trainable_parameters();
    for (auto& p : parameters) *p.tensor = p.tensor->leaf();
    const Tensor input = x.leaf();
    std::vector<Tensor> leaves, direction;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      leaves.push_back(*parameters[i].tensor);
      direction.push_back(Rng(5).fork(i).normal(leaves[i].shape()));
    }
    const auto gradients = grad(sum(gradient_penalty(judge(*network, input, time), input)), leaves);
    double along = 0, up = 0, down = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) along += sum(gradients[i] * direction[i]).item();
    const double step = 2e-3;
    for (double* value : {&up, &down}) {
      for (std::size_t i = 0; i < leaves.size(); ++i)
        *parameters[i].tensor = leaves[i].detach() + direction[i] * (value == &up ? step : -step);
      const Tensor moved = x.leaf();
      *value = sum(gradient_penalty(judge(*network, moved, time), moved)).item();
    }
    INFO(to_string(sample));
    CHECK(along == Approx((up - down) / (2 * step)).epsilon(0.01));
  }
}

TEST_CASE("the loss has each player's own gradient, and none through the other") {
  const auto objective = gan({.r1 = 0.5}, Shape{1});
  shuffle(objective->discriminator(), 5);
  NetworkConfig small{.kind = "mlp", .hidden = {6}};
  const auto network = make_network(small, Shape{1}, Rng(3));
  shuffle(*network, 6);
  std::vector<Tensor> of_generator, of_discriminator;
  for (auto& p : network->trainable_parameters()) of_generator.push_back(*p.tensor = p.tensor->leaf());
  for (auto& p : objective->trainable_parameters()) of_discriminator.push_back(*p.tensor = p.tensor->leaf());
  const Shard shard{.x0 = Rng(8).normal({16, 1}), .seed = 4, .step = 0, .first = 0, .batch = 16};
  const Tensor total = objective->loss(*network, shard).total;

  const Tensor label = Tensor::full({16}, 1000), none = Tensor::zeros({16});
  const Tensor prior = Rng(4, Stream::noise, 0).normal({16, 1}) * sde.prior_sigma();
  const Tensor fake = (*network)(prior * input_scale(sde.marginal(1)), label);
  const Tensor real = shard.x0.leaf();
  const Tensor of_real = judge(objective->discriminator(), real, none);
  const Tensor d_loss = mean(softplus(-of_real) + softplus(judge(objective->discriminator(), fake.detach(), none)) +
                             gradient_penalty(of_real, real) * 0.25);
  const Tensor g_loss = mean(softplus(-judge(objective->discriminator(), fake, none)));
  CHECK(total.item() == Approx(d_loss.item() + g_loss.item()).epsilon(1e-5));
  const auto compare = [&](const Tensor& own, const std::vector<Tensor>& leaves) {
    const auto expected = grad(own, leaves), found = grad(total, leaves);
    double norm = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i)
      for (std::int64_t k = 0; k < leaves[i].size(); ++k) {
        CHECK(found[i].at(k) == Approx(expected[i].at(k)).epsilon(1e-3).margin(1e-5));
        norm += std::abs(expected[i].at(k));
      }
    CHECK(norm > 1e-2);
  };
  compare(d_loss, of_discriminator);
  compare(g_loss, of_generator);
}

TEST_CASE("a perceptron judges images as the points that they are") {
  NetworkConfig small{.kind = "mlp", .hidden = {6}};
  const auto loss = [&](bool perceptron, const Shape& sample, std::int64_t levels) {
    const auto objective =
        gan({.r1 = 0.5, .latent = 0, .discriminator = {8}, .perceptron = perceptron}, sample, levels);
    shuffle(objective->discriminator(), 5);
    const auto network = make_network(small, sample, Rng(3));
    shuffle(*network, 6);
    const Tensor x0 = reshape(Rng(8).normal({16, 16}), with_axis(sample, 0, 16));
    return objective->loss(*network, {.x0 = x0, .seed = 4, .step = 0, .first = 0, .batch = 16}).total.item();
  };
  CHECK(loss(true, {4, 4, 1}, 0) == loss(false, {16}, 0));
  CHECK(loss(false, {4, 4, 1}, 0) != loss(false, {16}, 0));
  CHECK(std::isfinite(loss(true, {4, 4, 1}, 4)));
}

TEST_CASE("the posterior of a step is that of Bayes' rule") {
  for (const Marginal t : {Marginal{0.3, 0.9}, Marginal{1, 2.5}}) {
    const Marginal s{0.8 * t.alpha / 0.5, 0.4 * t.sigma};
    const double x0 = 0.7, xt = -1.2, ratio = t.alpha / s.alpha;
    const double between = t.sigma * t.sigma - ratio * ratio * s.sigma * s.sigma;
    const double precision = 1 / (s.sigma * s.sigma) + ratio * ratio / between;
    const double expected = (s.alpha * x0 / (s.sigma * s.sigma) + ratio * xt / between) / precision;
    const PosteriorStep step = posterior_step(s, t);
    CHECK(step.x * xt + step.data * x0 == Approx(expected).epsilon(1e-12));
    CHECK(step.sigma == Approx(1 / std::sqrt(precision)).epsilon(1e-12));
  }
  const PosteriorStep last = posterior_step({1, 0}, sde.marginal(0.25));
  CHECK(last.x == 0);
  CHECK(last.data == Approx(1));
  CHECK(last.sigma == 0);
}

TEST_CASE("the ancestral sampler at a generator's times goes by the posterior of its steps") {
  // Always the same datum: the last noisy state is α₁ x₀ + σ₁ ε whatever the steps before, and the sample the datum.
  const auto objective = gan({}, Shape{1}, 4);
  const auto network = std::make_shared<Constant>(0.6);
  const auto times = generator_times(sde, 4);
  CHECK(times == std::vector<double>{1, 0.75, 0.5, 0.25});
  const Score score = objective->score(network);
  const std::int64_t n = 20'000;
  SampleConfig config{.solver = "ancestral", .n = n, .seed = 3, .times = times};
  const Samples samples = sample(score, sde, config, {.shape = {1}, .dtype = Dtype::f64, .trajectory = 4});
  CHECK(samples.nfe == 4);
  for (std::int64_t i = 0; i < 50; ++i) CHECK(samples.values.at(i) == Approx(0.6).epsilon(1e-9));
  for (std::int64_t frame = 1; frame < 4; ++frame) {
    const Marginal at = sde.marginal(times[static_cast<std::size_t>(frame)]);
    double mean = 0, square = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const double x = samples.trajectory.at(frame * n + i);
      mean += x / n;
      square += x * x / n;
    }
    CHECK(mean == Approx(at.alpha * 0.6).margin(4 * at.sigma / std::sqrt(n)));
    CHECK(std::sqrt(square - mean * mean) == Approx(at.sigma).epsilon(4 / std::sqrt(2.0 * n)));
  }
  config.times = generator_times(sde, 0);
  CHECK(sample(score, sde, config, {.shape = {1}, .dtype = Dtype::f64}).nfe == 1);
}

TEST_CASE("latents are normal, new for every state, and the same in any batch") {
  const Tensor x = Rng(1).normal({4000, 2});
  const Tensor z = latent_of(x, 3);
  REQUIRE(z.shape() == Shape({4000, 3}));
  CHECK(latent_of(x.rows(17, 20).clone(), 3).to_vector() == z.rows(17, 20).to_vector());
  double mean = 0, square = 0, with_x = 0, lag = 0;
  const double n = static_cast<double>(z.size());
  for (std::int64_t i = 0; i < z.size(); ++i) {
    mean += z.at(i) / n;
    square += z.at(i) * z.at(i) / n;
    with_x += z.at(i) * x.at(2 * (i / 3)) / n;
    if (i >= 3) lag += z.at(i) * z.at(i - 3) / n;
  }
  for (double v : {mean, with_x, lag}) CHECK(std::abs(v) < 4 / std::sqrt(n));
  CHECK(square == Approx(1).margin(4 * std::sqrt(2 / n)));
  Tensor other = x.clone();
  other.data<float>()[0] = std::nextafter(other.data<float>()[0], 1e9F);
  const Tensor moved = latent_of(other, 3);
  CHECK(moved.at(0) != z.at(0));
  CHECK(moved.at(3) == z.at(3));
}
