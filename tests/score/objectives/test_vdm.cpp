#include "fokker/score/objectives/vdm.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/sde/cosine.h"
#include "fokker/sde/vp.h"
#include "tests/score/gaussian_data.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr double first_gamma = -9, last_gamma = 9;
const ScheduledSde line = ScheduledSde::linear(first_gamma, last_gamma);

/// Noise predictors of x_t and γ alone, in ops.
struct OfGamma : Network {
  Tensor scale = Tensor::ones({1}, Dtype::f64);
  Tensor operator()(const Tensor& x, const Tensor& time, const Pass&) const override {
    const Tensor gamma = time * ((last_gamma - first_gamma) / 1000) + first_gamma;
    const Shape column{x.extent(0), 1};
    const auto of = [&](const Tensor& value) { return reshape(value, column); };
    return noise(x, of(sqrt(sigmoid(-gamma))), of(sqrt(sigmoid(gamma)))) * scale;
  }
  virtual Tensor noise(const Tensor& x, const Tensor& alpha, const Tensor& sigma) const = 0;
  void visit(const ParameterVisitor&) override {}
};

/// E[ε | x] for the Gaussian data.
struct ExactGaussian final : OfGamma {
  Tensor noise(const Tensor& x, const Tensor& alpha, const Tensor& sigma) const override {
    const double variance = data_deviation * data_deviation;
    return (x - alpha * data_mean) * sigma / (square(alpha) * variance + square(sigma));
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<ExactGaussian>(*this); }
};

/// E[ε | x] for coordinates ±1 + N(0, 0.05²).
struct ExactPair final : OfGamma {
  Tensor noise(const Tensor& x, const Tensor& alpha, const Tensor& sigma) const override {
    const Tensor variance = square(alpha) * 0.0025 + square(sigma);
    return (x - alpha * tanh(alpha * x / variance)) * sigma / variance;
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<ExactPair>(*this); }
};

Shard shard(const Tensor& x0, std::uint32_t part) {
  return {.x0 = x0, .seed = 11, .step = part, .first = 0, .batch = x0.extent(0)};
}

/// Bends the learned schedule by numbers that have nothing to do with the data.
void bend(VariationalDiffusion& vdm) {
  for (const auto& p : vdm.parameters())
    if (p.name != "noise.ends") *p.tensor = (*p.tensor + Rng(5).normal(p.tensor->shape()) * 0.7).detach();
}

/// The bound less −log p, a mean over each of 400 parts: times within a part are not independent.
std::vector<double> excess(const VariationalDiffusion& vdm, const Network& network) {
  std::vector<double> result;
  for (std::uint32_t part = 0; part < 400; ++part) {
    const Tensor x0 = gaussian_data(600, 2, part);
    const BoundTerms terms = vdm.terms(network, shard(x0, part));
    double mean = 0;
    for (std::int64_t i = 0; i < x0.extent(0); ++i) {
      double nll = 2 * std::log(data_deviation * std::sqrt(2 * std::numbers::pi));
      for (std::int64_t k = 2 * i; k < 2 * i + 2; ++k)
        nll += 0.5 * std::pow((x0.at(k) - data_mean) / data_deviation, 2);
      mean += (terms.prior.at(i) + terms.reconstruction.at(i) + terms.diffusion.at(i) - nll) / 600;
    }
    result.push_back(mean);
  }
  return result;
}

std::vector<Tensor> leaves_of(VariationalDiffusion& vdm, const std::vector<std::string>& names) {
  std::vector<Tensor> leaves;
  for (const auto& name : names)
    for (const auto& p : vdm.parameters())
      if (p.name == "noise." + name) leaves.push_back(*p.tensor = p.tensor->clone().leaf());
  return leaves;
}

}  // namespace

TEST_CASE("the bound of VDM is tight for a Gaussian with its exact denoiser, whatever the schedule between the ends") {
  const ExactGaussian exact;
  VariationalDiffusion bent(line, {.noise_schedule = "bound"});
  bend(bent);
  for (const VariationalDiffusion& vdm :
       {VariationalDiffusion(line, {.noise_schedule = "fixed"}), VariationalDiffusion(line), bent}) {
    const Estimate over = estimate(excess(vdm, exact));
    INFO("excess " << over.mean << " ± " << over.error);
    CHECK(std::abs(over.mean) < 4.5 * over.error + 5e-4);  // the ends themselves cost 2e-4
    CHECK(over.error < 0.03);
  }
}

TEST_CASE("negative controls of the bound: a denoiser off by three tenths, and finitely many levels, exceed it") {
  ExactGaussian network;
  const Estimate coarse =
      estimate(excess(VariationalDiffusion(line, {.noise_schedule = "bound", .levels = 8}), network));
  CHECK(coarse.mean > 8 * coarse.error);
  const Estimate fine =
      estimate(excess(VariationalDiffusion(line, {.noise_schedule = "bound", .levels = 64}), network));
  CHECK(fine.mean > 0);
  CHECK(fine.mean < coarse.mean / 4);
  network.scale = Tensor::full({1}, 1.3, Dtype::f64);
  const Estimate off = estimate(excess(VariationalDiffusion(line), network));
  CHECK(off.mean > 8 * off.error);
}

TEST_CASE("a schedule of another SDE with its own ends is tight as well") {
  struct OfSde final : Network {
    const ForwardSde* sde;
    explicit OfSde(const ForwardSde& of) : sde(&of) {}
    Tensor operator()(const Tensor& x, const Tensor& time, const Pass&) const override {
      Tensor result = Tensor::empty(x.shape(), x.dtype());
      for (std::int64_t i = 0; i < x.size(); ++i) {
        const auto [alpha, sigma] = sde->marginal(sde->time_of_label(time.at(i / 2) / 1000));
        const double variance = std::pow(alpha * data_deviation, 2) + sigma * sigma;
        result.data<double>()[static_cast<std::size_t>(i)] =
            sigma * (x.at(i) * std::hypot(alpha, sigma) - alpha * data_mean) / variance;
      }
      return result;
    }
    std::unique_ptr<Module> clone() const override { return std::make_unique<OfSde>(*this); }
    void visit(const ParameterVisitor&) override {}
  };
  const VP vp;
  const Cosine cosine;
  for (const ForwardSde* sde : {static_cast<const ForwardSde*>(&vp), static_cast<const ForwardSde*>(&cosine)}) {
    const Estimate over = estimate(excess(VariationalDiffusion(*sde, {.noise_schedule = "fixed"}), OfSde(*sde)));
    INFO(sde->name() << ": " << over.mean << " ± " << over.error);
    CHECK(std::abs(over.mean) < 4.5 * over.error + 1e-3);
  }
}

TEST_CASE("the exact score minimises the bound, of infinitely and of finitely many levels") {
  for (const std::int64_t levels : {0, 8})
    for (const double scale : {1.0, 1.2}) {
      std::vector<double> gradients;
      for (std::uint32_t part = 0; part < 40; ++part) {
        const VariationalDiffusion vdm(line, {.noise_schedule = "fixed", .levels = levels});
        ExactGaussian network;
        network.scale = Tensor::full({1}, scale, Dtype::f64).leaf();
        gradients.push_back(
            grad(vdm.loss(network, shard(gaussian_data(500, 2, part), part)).total, network.scale).item());
      }
      INFO(levels << " levels, scale " << scale << ": z = " << z_value(gradients));
      if (scale == 1)
        CHECK(std::abs(z_value(gradients)) < 5);
      else
        CHECK(z_value(gradients) > 8);
    }
}

TEST_CASE("between its ends the schedule has no gradient in continuous time, and one for finitely many levels") {
  const ExactGaussian exact;
  for (const std::int64_t levels : {0, 4}) {
    std::vector<double> by_slope, by_weights;
    for (std::uint32_t part = 0; part < 40; ++part) {
      VariationalDiffusion vdm(line, {.noise_schedule = "bound", .levels = levels});
      const auto leaves = leaves_of(vdm, {"slope", "middles"});
      const auto gradients = grad(vdm.loss(exact, shard(gaussian_data(500, 2, part), part)).total, leaves);
      by_slope.push_back(gradients[0].item());
      by_weights.push_back(sum(gradients[1]).item());
    }
    INFO(levels << " levels: z = " << z_value(by_slope) << ", " << z_value(by_weights));
    CHECK((std::abs(z_value(by_slope)) < 5) == (levels == 0));
    CHECK((std::abs(z_value(by_weights)) < 5) == (levels == 0));
  }
}

TEST_CASE("one pass backward: the ends follow the bound, what is between them the square of the loss") {
  const ExactPair network;
  const Tensor x0 = gaussian_data(64, 3, 0);
  VariationalDiffusion plain(line, {.noise_schedule = "bound"}), variance(line, {.noise_schedule = "variance"});
  for (VariationalDiffusion* vdm : {&plain, &variance}) bend(*vdm);
  const std::vector<std::string> inner = {"slope", "weights", "steepness", "middles"};
  const Tensor bits = plain.terms(network, shard(x0, 1)).diffusion;  // before there are leaves
  const auto wanted_leaves = leaves_of(plain, inner), got_leaves = leaves_of(variance, inner);
  const Tensor own = plain.terms(network, shard(x0, 1)).diffusion * (1 / (3 * std::numbers::ln2));
  CHECK(own.at(5) * 3 * std::numbers::ln2 == Approx(bits.at(5)).epsilon(1e-12));
  const auto wanted = grad(sum(square(own)) * (1.0 / 64), wanted_leaves);
  const auto got = grad(variance.loss(network, shard(x0, 1)).total, got_leaves);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    for (std::int64_t k = 0; k < wanted[i].size(); ++k)
      CHECK(got[i].at(k) == Approx(wanted[i].at(k)).epsilon(1e-4).margin(1e-6));
  const auto ends = leaves_of(plain, {"ends"}), same_ends = leaves_of(variance, {"ends"});
  const Tensor by_bound = grad(plain.loss(network, shard(x0, 1)).total, ends[0]);
  const Tensor by_variance = grad(variance.loss(network, shard(x0, 1)).total, same_ends[0]);
  for (std::int64_t k = 0; k < 2; ++k) CHECK(by_variance.at(k) == Approx(by_bound.at(k)).epsilon(1e-6));
}

TEST_CASE("a schedule learned by the variance lowers it") {
  const ExactPair network;
  const auto data = [](std::int64_t rows, std::uint32_t part) {
    Tensor x = Rng(9, Stream::data, part).normal({rows, 16}, Dtype::f64) * 0.05;
    for (std::int64_t i = 0; i < x.size(); ++i)
      x.data<double>()[static_cast<std::size_t>(i)] += Rng(8, Stream::data, part).uniform_at(i) < 0.5 ? -1 : 1;
    return x;
  };
  const auto statistics = [&](const VariationalDiffusion& vdm) {
    const Estimate e = estimate(vdm.terms(network, shard(data(20'000, 1000), 1000)).diffusion.to_vector());
    return Estimate{e.mean, e.error * e.error * 20'000};
  };
  VariationalDiffusion vdm(line);
  const Estimate before = statistics(VariationalDiffusion(line, {.noise_schedule = "fixed"}));
  std::vector<NamedParameter> inner;
  for (const auto& p : vdm.parameters())
    if (p.name != "noise.ends") inner.push_back({p.name, &(*p.tensor = p.tensor->leaf()), true});
  Adam adam(inner, {});
  for (std::uint32_t step = 0; step < 1500; ++step) {
    std::vector<Tensor> leaves;
    for (const auto& p : inner) leaves.push_back(*p.tensor);
    const auto gradients = grad(vdm.loss(network, shard(data(64, step), step)).total, leaves);
    adam.step(gradients, 2e-2, 1);
  }
  const Estimate after = statistics(vdm);
  INFO("variance " << before.error << " -> " << after.error << ", mean " << before.mean << " -> " << after.mean);
  CHECK(after.error < 0.4 * before.error);
  CHECK(after.mean == Approx(before.mean).margin(5 * std::sqrt((before.error + after.error) / 20'000)));
}

TEST_CASE("samples are drawn from the diffusion that was trained") {
  VariationalDiffusion vdm(line);
  bend(vdm);
  const auto sde = vdm.sde();
  CHECK(sde->marginal(0).lambda() == Approx(-0.5 * first_gamma).epsilon(1e-6));
  CHECK(sde->marginal(1).lambda() == Approx(-0.5 * last_gamma).epsilon(1e-6));
  for (double t : {0.1, 0.45, 0.8}) {
    const double e = 1e-5;
    const Marginal m = sde->marginal(t), above = sde->marginal(t + e), below = sde->marginal(t - e);
    const double g = sde->diffusion_rate(t), f = sde->drift_rate(t);
    CHECK(std::log(above.alpha / below.alpha) / (2 * e) == Approx(f).epsilon(1e-6));
    CHECK((std::pow(above.sigma, 2) - std::pow(below.sigma, 2)) / (2 * e) ==
          Approx(2 * f * m.sigma * m.sigma + g * g).epsilon(1e-6));
    CHECK(sde->time_of_label(sde->label(t)) == Approx(t).epsilon(1e-9));
  }
  // Labels of training are the SDE's own: the exact network is then the exact score.
  const Score score = vdm.score(std::make_shared<ExactGaussian>());
  const Marginal m = sde->marginal(0.4);
  const double variance = std::pow(m.alpha * data_deviation, 2) + m.sigma * m.sigma;
  CHECK(score(Tensor::from({0.3, -0.2}, {1, 2}, Dtype::f64), 0.4).at(0) ==
        Approx(-(0.3 - m.alpha * data_mean) / variance).epsilon(1e-5));
}

TEST_CASE("the losses of the shards sum to the loss of the batch, and settings are checked") {
  const ExactGaussian exact;
  const VariationalDiffusion vdm(line);
  const Tensor x0 = gaussian_data(50, 3, 0);
  const double whole = vdm.loss(exact, shard(x0, 2)).total.item();
  double parts = 0;
  for (std::int64_t first : {0, 17, 34}) {
    Shard part = shard(x0.rows(first, std::min<std::int64_t>(50, first + 17)), 2);
    part.first = first;
    part.batch = 50;
    parts += vdm.loss(exact, part).total.item();
  }
  CHECK(parts == Approx(whole).epsilon(1e-12));
  CHECK_THROWS_WITH(VariationalDiffusion(line, {.noise_schedule = "cosine"}), Catch::Contains("noise_schedule"));
  CHECK_THROWS_WITH(VariationalDiffusion(line, {.levels = 10}), Catch::Contains("noise_schedule = \"bound\""));
  CHECK_THROWS_WITH(VariationalDiffusion(line, {.time_sampling = "importance"}), Catch::Contains("antithetic"));
}
