#include "fokker/score/objectives/denoising.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double mu = 0.8, s = 0.5;  // of the data N(mu, s²)

/// The exact minimiser for Gaussian data in any prediction, times `scale` plus `shift`, both trainable.
struct ExactGaussian final : Network {
  const ForwardSde* sde;
  Prediction what;
  Tensor scale = Tensor::full({1}, 1, Dtype::f64), shift = Tensor::zeros({1}, Dtype::f64);

  ExactGaussian(const ForwardSde& forward, Prediction p) : sde(&forward), what(p) {}

  /// `x` is x_t times `input_scale`.
  Tensor operator()(const Tensor& x, const Tensor& time, const Pass&) const override {
    std::vector<double> factor, constant;
    for (std::int64_t i = 0; i < x.extent(0); ++i) {
      const Level m = level(*sde, time.at(i) / 1000);
      // E[ε | x] = σ (x − α μ) / (α² s² + σ²)
      const double slope = m.sigma / (m.alpha * m.alpha * s * s + m.sigma * m.sigma);
      const Conversion c = convert(Prediction::epsilon, what, m);
      factor.push_back((c.x + c.predicted * slope) / input_scale(m));
      constant.push_back(-c.predicted * slope * m.alpha * mu);
    }
    const Shape column{x.extent(0), 1};
    return scale * (x * Tensor::from(factor, column, x.dtype()) + Tensor::from(constant, column, x.dtype())) + shift;
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<ExactGaussian>(*this); }
  void visit(const ParameterVisitor& visitor) override {
    visitor("scale", scale);
    visitor("shift", shift);
  }
};

constexpr std::int64_t rows = 500, dimension = 2;
constexpr int parts = 24;

/// z-values of the gradients by scale and shift over independent parts.
std::array<double, 2> gradient_z(const DenoisingScoreMatching& dsm, const ExactGaussian& exact, double scale) {
  double sum[2] = {}, squares[2] = {};
  for (int part = 0; part < parts; ++part) {
    const Tensor x0 =
        Rng(3, Stream::data, static_cast<std::uint32_t>(part)).normal({rows, dimension}, Dtype::f64) * s + mu;
    ExactGaussian network = exact;
    network.scale = Tensor::full({1}, scale, Dtype::f64).leaf();
    network.shift = Tensor::zeros({1}, Dtype::f64).leaf();
    const Tensor loss =
        dsm.loss(network, {.x0 = x0, .seed = 11, .step = static_cast<std::uint32_t>(part), .first = 0, .batch = rows})
            .total;
    const Tensor leaves[] = {network.scale, network.shift};
    const auto gradients = grad(loss, leaves);
    for (int i = 0; i < 2; ++i) {
      sum[i] += gradients[i].item();
      squares[i] += gradients[i].item() * gradients[i].item();
    }
  }
  std::array<double, 2> z{};
  for (int i = 0; i < 2; ++i) {
    const double mean = sum[i] / parts, variance = squares[i] / parts - mean * mean;
    z[i] = mean / std::sqrt(variance / (parts - 1));
  }
  return z;
}

}  // namespace

TEST_CASE("the minimiser of every denoising objective is the exact score") {
  const VP vp;
  const SubVP sub_vp;
  for (const ForwardSde* sde : {static_cast<const ForwardSde*>(&vp), static_cast<const ForwardSde*>(&sub_vp)})
    for (const char* name : prediction_names())
      for (const char* weighting : weighting_names()) {
        const DenoisingScoreMatching dsm(
            *sde, {.parameterization = prediction(name), .weighting = weighting, .times = {.t_min = 0.02}});
        const ExactGaussian exact(*sde, prediction(name));
        INFO(sde->name() << ", " << name << ", " << weighting);
        for (double z : gradient_z(dsm, exact, 1)) CHECK(std::abs(z) < 5);
      }
}

TEST_CASE("negative control: a network that is off by a fifth is not a minimiser") {
  const VP sde;
  for (const char* name : prediction_names()) {
    const DenoisingScoreMatching dsm(sde, {.parameterization = prediction(name), .times = {.t_min = 0.02}});
    INFO(name);
    CHECK(gradient_z(dsm, ExactGaussian(sde, prediction(name)), 1.2)[0] > 8);
  }
}

TEST_CASE("weightings are those of their definitions, said of the noise") {
  // x̂₀ − x₀ = −(σ/α)(ε̂ − ε), ŝ − s = −(ε̂ − ε)/σ, and for VP v̂ − v = (ε̂ − ε)/α.
  const VP sde;
  for (double t : {0.05, 0.3, 0.8}) {
    const Marginal m = sde.marginal(t);
    const double snr = m.alpha * m.alpha / (m.sigma * m.sigma), g = sde.diffusion_rate(t);
    const auto weight = [&](const char* name, Prediction what) { return epsilon_weight(name, what, sde, t); };
    CHECK(weight("uniform", Prediction::epsilon) == Approx(1));
    CHECK(weight("uniform", Prediction::x0) == Approx(1 / snr));
    CHECK(weight("uniform", Prediction::v) == Approx(1 / (m.alpha * m.alpha)));
    CHECK(weight("uniform", Prediction::score) == Approx(1 / (m.sigma * m.sigma)));
    for (Prediction what : {Prediction::epsilon, Prediction::x0, Prediction::v, Prediction::score}) {
      CHECK(weight("lambda", what) == Approx(1));
      CHECK(weight("snr", what) == Approx(1));
      CHECK(weight("min_snr", what) == Approx((snr < 5 ? snr : 5) / snr));
      CHECK(weight("likelihood", what) == Approx(g * g / (m.sigma * m.sigma)));
    }
  }
}

TEST_CASE("the uniform loss of a silent network is the variance of its target") {
  const VP sde;
  const DenoisingScoreMatching dsm(sde);
  ExactGaussian silent(sde, Prediction::epsilon);
  silent.scale = Tensor::zeros({1}, Dtype::f64);
  const Shard shard{.x0 = Tensor::zeros({20'000, 2}, Dtype::f64), .seed = 0, .step = 0, .first = 0, .batch = 20'000};
  CHECK(dsm.loss(silent, shard).total.item() == Approx(1).margin(4.5 * std::sqrt(2.0 / 40'000)));
}

TEST_CASE("the losses of the shards sum to the loss of the batch") {
  const VP sde;
  const DenoisingScoreMatching dsm(sde, {.weighting = "min_snr", .times = {.kind = "antithetic"}});
  const ExactGaussian network(sde, Prediction::epsilon);
  const Tensor x0 = Rng(1).normal({50, 3}, Dtype::f64);
  const double whole = dsm.loss(network, {.x0 = x0, .seed = 4, .step = 2, .first = 0, .batch = 50}).total.item();
  double sum = 0;
  for (std::int64_t first : {0, 17, 34})
    sum += dsm.loss(network, {.x0 = x0.rows(first, std::min<std::int64_t>(50, first + 17)),
                              .seed = 4,
                              .step = 2,
                              .first = first,
                              .batch = 50})
               .total.item();
  CHECK(sum == Approx(whole).epsilon(1e-12));
}

TEST_CASE("unknown settings are named") {
  const VP sde;
  CHECK_THROWS_WITH(DenoisingScoreMatching(sde, {.weighting = "snr2"}), Catch::Contains("min_snr"));
  CHECK_THROWS_WITH(DenoisingScoreMatching(sde, {.coupling = "greedy"}), Catch::Contains("optimal"));
}

TEST_CASE("a learned uncertainty divides the loss of each noise level") {
  const VP sde;
  const DenoisingScoreMatching plain(sde);
  DenoisingScoreMatching learned(sde, {.uncertainty = true});
  ExactGaussian network(sde, Prediction::epsilon);
  network.scale = Tensor::full({1}, 1.1, Dtype::f64);
  const Shard shard{.x0 = Rng(1).normal({64, 2}, Dtype::f64), .seed = 4, .step = 2, .first = 0, .batch = 64};
  // It starts at u = 0.
  CHECK(learned.loss(network, shard).total.item() == Approx(plain.loss(network, shard).total.item()).epsilon(1e-7));
  for (const auto& p : learned.parameters())
    if (p.name == "uncertainty.bias") *p.tensor = Tensor::full({1}, 0.7).leaf();
  const ShardLoss loss = learned.loss(network, shard);
  CHECK(loss.total.item() == Approx(plain.loss(network, shard).total.item() * std::exp(-0.7) + 0.7).epsilon(1e-6));
  // d/du (error e^−u + u) = 1 − error e^−u
  const Tensor bias = *learned.parameters().back().tensor;
  double mean = 0;
  for (double error : loss.error) mean += error / 64;
  CHECK(grad(loss.total, bias).item() == Approx(1 - mean * std::exp(-0.7)).epsilon(1e-5));
}
