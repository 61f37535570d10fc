#include "fokker/score/objectives/learned_variance.h"

#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/cosine.h"
#include "fokker/sde/vp.h"
#include "tests/score/gaussian_data.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t levels = 6;
constexpr double data_variance = data_deviation * data_deviation;

std::vector<double> times(const ForwardSde& sde) {
  const double first = sde.label(sde.t_min());
  std::vector<double> t;
  for (std::int64_t i = 0; i < levels; ++i)
    t.push_back(sde.time_of_label(first + (1 - first) * static_cast<double>(i) / (levels - 1)));
  return t;
}

/// log(v*/β̃) of the exact reverse step from t to s for the Gaussian data, by the covariance of x_s and x_t.
double exact_log_ratio(const Marginal& at, const Marginal& below) {
  const double variance_s = std::pow(below.alpha, 2) * data_variance + std::pow(below.sigma, 2);
  const double variance_t = std::pow(at.alpha, 2) * data_variance + std::pow(at.sigma, 2);
  const double covariance = at.alpha / below.alpha * variance_s;
  const double exact = variance_s - covariance * covariance / variance_t;
  const double ratio = std::pow(at.alpha / below.alpha * below.sigma / at.sigma, 2);
  return std::log(exact / (below.sigma * below.sigma * (1 - ratio)));
}

/// The exact mean and variance of every reverse step; `scale` multiplies the noise, `shift` adds to w.
struct ExactSteps final : Network {
  const ForwardSde* sde;
  Tensor scale = Tensor::ones({1}, Dtype::f64), shift = Tensor::zeros({1}, Dtype::f64);
  explicit ExactSteps(const ForwardSde& of) : sde(&of) {}

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass&) const override {
    const auto t = times(*sde);
    const std::int64_t width = x.extent(1);
    Tensor epsilon = Tensor::empty(x.shape(), x.dtype()), w = Tensor::zeros(x.shape(), x.dtype());
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const double label = time.at(i / width) / 1000, first = sde->label(t[0]);
      const auto level = static_cast<std::size_t>(std::lround((label - first) / (1 - first) * (levels - 1)));
      const Marginal at = sde->marginal(t[level]);
      const double variance = std::pow(at.alpha, 2) * data_variance + at.sigma * at.sigma;
      const auto k = static_cast<std::size_t>(i);
      epsilon.data<double>()[k] =
          at.sigma * (x.at(i) * std::hypot(at.alpha, at.sigma) - at.alpha * data_mean) / variance;
      if (level == 0) continue;
      const Marginal below = sde->marginal(t[level - 1]);
      w.data<double>()[k] = exact_log_ratio(at, below) / (2 * std::log(at.sigma / below.sigma));
    }
    return concat({epsilon * scale, (w + shift) * 2 - 1}, 1);
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<ExactSteps>(*this); }
  void visit(const ParameterVisitor&) override {}
};

LearnedVariance objective(const ForwardSde& sde, const char* name, const char* kind = "stratified") {
  return LearnedVariance(sde, {.objective = name, .times = {.kind = kind, .t_min = sde.t_min(), .levels = levels}});
}

Shard shard(const Tensor& x0, std::uint32_t part) {
  return {.x0 = x0, .seed = 11, .step = part, .first = 0, .batch = x0.extent(0)};
}

/// z-values of the gradients by scale and shift at `shift` off the optimum.
std::array<double, 2> gradient_z(const LearnedVariance& loss, const ForwardSde& sde, double shift) {
  std::vector<double> by_scale, by_shift;
  for (std::uint32_t part = 0; part < 40; ++part) {
    ExactSteps network(sde);
    network.scale = network.scale.leaf();
    network.shift = Tensor::full({1}, shift, Dtype::f64).leaf();
    const Tensor leaves[] = {network.scale, network.shift};
    const auto gradients = grad(loss.loss(network, shard(gaussian_data(600, 2, part), part)).total, leaves);
    by_scale.push_back(gradients[0].item());
    by_shift.push_back(gradients[1].item());
  }
  return {z_value(by_scale), z_value(by_shift)};
}

/// The loss over parts.
Estimate bits(const LearnedVariance& loss, const ExactSteps& network) {
  std::vector<double> totals;
  for (std::uint32_t part = 0; part < 60; ++part)
    totals.push_back(loss.loss(network, shard(gaussian_data(1200, 2, part), part)).total.item());
  return estimate(totals);
}

/// Fills the history of the importance sampler with the terms of the network.
void warm_up(LearnedVariance& loss, const Network& network) {
  for (std::uint32_t part = 0; part < 10; ++part) {
    const ShardLoss found = loss.loss(network, shard(gaussian_data(120, 2, part), 500 + part));
    loss.observe(found.label, found.error);
  }
}

}  // namespace

TEST_CASE("the exact score and the exact variances of the reverse steps minimise the bound and the hybrid") {
  const VP vp;
  const Cosine cosine;
  for (const ForwardSde* sde : {static_cast<const ForwardSde*>(&vp), static_cast<const ForwardSde*>(&cosine)})
    for (const char* name : {"hybrid", "vlb"}) {
      INFO(sde->name() << ", " << name);
      const auto at_optimum = gradient_z(objective(*sde, name), *sde, 0);
      CHECK(std::abs(at_optimum[0]) < 5);
      CHECK(std::abs(at_optimum[1]) < 5);
      CHECK(gradient_z(objective(*sde, name), *sde, 0.1)[1] > 8);
      CHECK(gradient_z(objective(*sde, name), *sde, -0.1)[1] < -8);
    }
}

TEST_CASE("with them the bound of six levels is the entropy of the data; with the posterior's variance it is not") {
  const VP sde;
  ExactSteps network(sde);
  const double entropy = gaussian_entropy() / std::numbers::ln2;
  const Estimate tight = bits(objective(sde, "vlb"), network);
  INFO(tight.mean << " ± " << tight.error << ", entropy " << entropy);
  CHECK(std::abs(tight.mean - entropy) < 4.5 * tight.error + 1e-3);
  CHECK(tight.error < 0.01);
  network.shift = Tensor::full({1}, -0.3, Dtype::f64);
  const Estimate loose = bits(objective(sde, "vlb"), network);
  CHECK(loose.mean > entropy + 8 * loose.error);
}

TEST_CASE("drawing levels by their share of the bound keeps its mean and lowers its variance") {
  const VP sde;
  const ExactSteps network(sde);
  LearnedVariance uniform = objective(sde, "vlb", "uniform"), importance = objective(sde, "vlb", "uniform");
  for (double p : importance.probabilities()) CHECK(p == Approx(1.0 / levels));
  warm_up(importance, network);
  const auto p = importance.probabilities();
  double whole = 0;
  for (double each : p) whole += each;
  CHECK(whole == Approx(1).epsilon(1e-12));
  CHECK(*std::ranges::max_element(p) > 2.0 / levels);
  const Estimate before = bits(uniform, network), after = bits(importance, network);
  INFO(before.mean << " ± " << before.error << " -> " << after.mean << " ± " << after.error);
  CHECK(std::abs(after.mean - before.mean) < 4.5 * std::hypot(before.error, after.error));
  CHECK(after.error < 0.9 * before.error);
}

TEST_CASE("the importance sampler remembers ten values of each level") {
  const VP sde;
  LearnedVariance loss = objective(sde, "vlb");
  const auto t = times(sde);
  std::vector<double> label, error;
  for (std::int64_t i = 0; i < levels * 10; ++i) label.push_back(sde.label(t[static_cast<std::size_t>(i % levels)]));
  error.assign(label.size(), 7);  // forgotten
  loss.observe(label, error);
  for (std::size_t i = 0; i < error.size(); ++i) error[i] = static_cast<double>(i % levels + 1);
  loss.observe(label, error);
  const auto p = loss.probabilities();
  for (std::size_t i = 0; i < levels; ++i)  // 1 + … + 6 = 21
    CHECK(p[i] == Approx(0.001 / levels + 0.999 * static_cast<double>(i + 1) / 21).epsilon(1e-12));
}

TEST_CASE("the hybrid moves the prediction by L_simple alone") {
  const VP sde;
  const Tensor x0 = gaussian_data(300, 2, 0);
  const auto by_scale = [&](double shift) {
    ExactSteps network(sde);
    network.scale = Tensor::full({1}, 1.3, Dtype::f64).leaf();
    network.shift = Tensor::full({1}, shift, Dtype::f64);
    return grad(objective(sde, "hybrid").loss(network, shard(x0, 1)).total, network.scale).item();
  };
  CHECK(by_scale(0) == by_scale(-0.4));
}

TEST_CASE("the variances that a model of the bound is given are the network's") {
  const VP sde;
  const auto network = std::make_shared<ExactSteps>(sde);
  const auto t = times(sde);
  const auto ratio = objective(sde, "hybrid").log_variance_ratio(network);
  const Tensor x = gaussian_data(3, 2, 0);
  for (std::size_t i = 1; i < t.size(); ++i)
    CHECK(ratio(x, t[i], t[i - 1]).at(4) ==
          Approx(exact_log_ratio(sde.marginal(t[i]), sde.marginal(t[i - 1]))).epsilon(1e-9));
  const Tensor score = objective(sde, "hybrid").score(network)(x, t[3]);
  const Marginal m = sde.marginal(t[3]);
  CHECK(score.at(2) ==
        Approx(-(x.at(2) - m.alpha * data_mean) / (std::pow(m.alpha * data_deviation, 2) + m.sigma * m.sigma)));
}

TEST_CASE("the bound is the same number in every prediction") {
  /// Says the exact noise in another quantity.
  struct Converted final : Network {
    ExactSteps exact;
    Prediction what;
    Converted(const ForwardSde& sde, Prediction p) : exact(sde), what(p) {}
    Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass) const override {
      const Tensor both = exact(x, time, pass), epsilon = slice(both, 1, 0, 2);
      std::vector<double> of_x, of_noise;
      for (std::int64_t i = 0; i < x.extent(0); ++i) {
        const Level at = level(*exact.sde, exact.sde->time_of_label(time.at(i) / 1000));
        const Conversion c = convert(Prediction::epsilon, what, at);
        of_x.push_back(c.x * std::hypot(at.alpha, at.sigma));
        of_noise.push_back(c.predicted);
      }
      return concat({x * per_sample(of_x, x) + epsilon * per_sample(of_noise, x), slice(both, 1, 2, 4)}, 1);
    }
    std::unique_ptr<Module> clone() const override { return std::make_unique<Converted>(*this); }
    void visit(const ParameterVisitor&) override {}
  };
  const VP sde;
  const Tensor x0 = gaussian_data(200, 2, 0);
  const double wanted = objective(sde, "vlb").loss(ExactSteps(sde), shard(x0, 3)).total.item();
  for (const char* name : prediction_names()) {
    const LearnedVariance loss(
        sde,
        {.objective = "vlb", .parameterization = prediction(name), .times = {.t_min = sde.t_min(), .levels = levels}});
    INFO(name);
    CHECK(loss.loss(Converted(sde, prediction(name)), shard(x0, 3)).total.item() == Approx(wanted).epsilon(1e-9));
  }
}

TEST_CASE("settings of learned variances are checked") {
  const VP sde;
  CHECK_THROWS_WITH(LearnedVariance(sde, {.times = {.levels = 0}}), Catch::Contains("train.levels"));
  CHECK_THROWS_WITH(LearnedVariance(sde, {.objective = "elbo"}), Catch::Contains("hybrid"));
  struct Same final : Network {
    Tensor operator()(const Tensor& x, const Tensor&, const Pass&) const override { return x; }
    std::unique_ptr<Module> clone() const override { return std::make_unique<Same>(*this); }
    void visit(const ParameterVisitor&) override {}
  };
  CHECK_THROWS_WITH(objective(sde, "vlb").loss(Same(), shard(gaussian_data(5, 2, 0), 0)),
                    Catch::Contains("network.out_channels = 4"));
}
