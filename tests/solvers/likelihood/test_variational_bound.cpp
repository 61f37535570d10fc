#include "fokker/solvers/likelihood/variational_bound.h"

#include <cmath>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/sub_vp.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

GaussianMixture gaussian(double deviation, double mean = 0) {
  return {{std::vector<double>(4, mean)}, {deviation}, {1}};
}
GaussianMixture two_of_four() { return {{{1, 0.5, 0, 1}, {-1, 0.2, 0.7, -0.5}}, {0.7, 0.9}, {2, 1}}; }

Tensor draws_of(const GaussianMixture& law, std::int64_t n) { return law.sample(n, Rng(5), Dtype::f64); }

struct Mean {
  double value, error;
};

Mean mean_of(const Tensor& values) {
  const auto n = static_cast<double>(values.size());
  const double average = mean(values).item();
  return {average, std::sqrt(sum(square(values - average)).item() / (n * (n - 1)))};
}

/// Bound + log p of each sample in units of its standard error: mean of z and of z².
std::pair<double, double> standardised(const VariationalBound& found, const Tensor& log_density) {
  const Tensor z = (found.nats + log_density) / found.standard_error;
  return {mean(z).item(), mean(square(z)).item()};
}

double half_log_snr(const ForwardSde& sde, double t) { return sde.marginal(t).lambda(); }

BoundConfig continuous(std::int64_t steps, std::int64_t draws = 2) {
  return {.terms = "continuous", .steps = steps, .draws = draws, .t_min = 1e-4};
}

double largest(const Tensor& x) {
  double result = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) result = std::max(result, std::abs(x.at(i)));
  return result;
}

/// x₀ + t B for t to 1, where much of the data is left: a schedule of a user's own, whose prior is the law of N(0, s²)
/// data at the end.
class ShortDiffusion final : public ForwardSde {
 public:
  explicit ShortDiffusion(double s) : prior_sigma_(std::hypot(s, 1)) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<ShortDiffusion>(*this); }
  std::string name() const override { return "short"; }
  Marginal marginal(double t) const override { return {1, t}; }
  double drift_rate(double) const override { return 0; }
  double diffusion_rate(double t) const override { return std::sqrt(2 * t); }
  double prior_sigma() const override { return prior_sigma_; }

 private:
  double prior_sigma_;
};

}  // namespace

TEST_CASE("the continuous bound of the exact score is -log p of every sample") {
  const VP vp;
  const SubVP sub_vp;
  const EDM edm({.sigma_min = 2e-3, .sigma_max = 80});
  for (const ForwardSde* sde : std::initializer_list<const ForwardSde*>{&vp, &sub_vp, &edm})
    for (const auto& law : {gaussian(0.6, 0.4), two_of_four()}) {
      INFO(sde->name() << ", " << law.components() << " components");
      const Tensor x = draws_of(law, 300);
      BoundConfig config = continuous(200);
      if (sde == &edm) config.t_min = 0;
      const VariationalBound found = variational_bound(law.score(*sde), *sde, x, config);
      const auto [z, squared] = standardised(found, law.log_density(x));
      // Over 300 samples the mean of z² has the deviation .08 and more, since errors are themselves estimates.
      CHECK(std::abs(z) < 0.35);
      CHECK(squared == Approx(1).margin(0.45));
      CHECK(std::abs(mean(found.nats + law.log_density(x)).item()) < 4.5 * found.mean_error());
      const Score exact = law.score(*sde);
      const auto weaker = [&](const Tensor& at, double t) { return exact(at, t) * 0.7; };
      const VariationalBound wrong = variational_bound(weaker, *sde, x, config);
      CHECK(mean(wrong.nats + law.log_density(x)).item() > 10 * wrong.mean_error());
    }
}

TEST_CASE("the prior's divergence makes the bound tight where a schedule ends early") {
  const double s = 0.6;
  const GaussianMixture law = gaussian(s);
  const ShortDiffusion sde(s);
  const Tensor x = draws_of(law, 300), log_density = law.log_density(x);
  // Few strata, so that a wrong law of the times within them would show.
  const VariationalBound found = variational_bound(law.score(sde), sde, x, continuous(4, 400));
  const auto [z, squared] = standardised(found, log_density);
  CHECK(std::abs(z) < 0.35);
  CHECK(squared == Approx(1).margin(0.45));
  // Its two parts, of the mean and of the variance, have their own values, of which the first is above the error.
  const Tensor of_mean = sum(square(x), {1}) * (0.5 / (s * s + 1));
  const double of_variance = mean(found.prior - of_mean).item();
  CHECK(of_variance == Approx(4 * (0.5 * (1 / (s * s + 1) - 1) + 0.5 * std::log(s * s + 1))));
  CHECK(of_variance > 0.05);
  CHECK(mean(of_mean).item() > 4.5 * found.mean_error());
}

TEST_CASE("a score that is wrong by a factor loosens the bound by what theory says") {
  // E‖ε̂‖² = D / (1 + s² SNR) and E ε̂·(ε − ε̂) = 0, so that c ε̂ costs (1 − c)² D ∫ dλ / (1 + s² e^2λ), and half of the
  // integrand at t_min for the decoder.
  const VP sde;
  const double s = 0.8, c = 0.8;
  const GaussianMixture law = gaussian(s);
  const Tensor x = draws_of(law, 4000);
  const BoundConfig config = continuous(200, 1);
  const Score exact = law.score(sde);
  const Tensor right = variational_bound(exact, sde, x, config).nats;
  const Tensor wrong =
      variational_bound([&](const Tensor& at, double t) { return exact(at, t) * c; }, sde, x, config).nats;
  const auto integral = [&](double lambda) { return lambda - 0.5 * std::log1p(s * s * std::exp(2 * lambda)); };
  const double low = half_log_snr(sde, 1), high = half_log_snr(sde, config.t_min);
  const double wanted =
      (1 - c) * (1 - c) * 4 * (integral(high) - integral(low) + 0.5 / (1 + s * s * std::exp(2 * high)));
  const auto [measured, error] = mean_of(wrong - right);
  INFO("measured " << measured << " ± " << error << ", in theory " << wanted);
  CHECK(error < 0.05 * wanted);
  CHECK(std::abs(measured - wanted) < 4.5 * error);
}

TEST_CASE("the discrete bound exceeds -log p by the sum's excess over the integral, as 1/T") {
  const VP sde;
  const double s = 0.8;
  const GaussianMixture law = gaussian(s);
  const Tensor x = draws_of(law, 4000), log_density = law.log_density(x);
  double previous = 0;
  for (const std::int64_t steps : {32, 64, 128, 256}) {
    BoundConfig config{.steps = steps};
    const VariationalBound found = variational_bound(law.score(sde), sde, x, config);
    const auto [gap, error] = mean_of(found.nats + log_density);
    // Σ ½ (SNR(s) − SNR(t)) D s²/(1 + s² SNR(t)) − ∫ the same
    const auto grid = time_grid("log_snr", sde, steps, sde.t_min());
    const auto snr = [&](double t) { return std::exp(2 * half_log_snr(sde, t)); };
    double wanted = -0.5 * 4 * std::log((1 + s * s * snr(grid.back())) / (1 + s * s * snr(1)));
    for (std::size_t k = 0; k + 1 < grid.size(); ++k)
      wanted += 0.5 * (snr(grid[k + 1]) - snr(grid[k])) * 4 * s * s / (1 + s * s * snr(grid[k]));
    INFO("T = " << steps << ": gap " << gap << " ± " << error << ", in theory " << wanted);
    CHECK(std::abs(gap - wanted) < 4.5 * error);
    CHECK(gap > 10 * error);
    if (previous > 0) CHECK(std::log2(previous / gap) == Approx(1).margin(0.3));
    previous = gap;
    CHECK(found.nfe == Approx(static_cast<double>(steps + 1)));
  }
}

TEST_CASE("the discrete bound of a mixture falls to -log p as 1/T on each grid") {
  const VP sde;
  const GaussianMixture law = two_of_four();
  const Tensor x = draws_of(law, 3000), log_density = law.log_density(x);
  const auto gap = [&](const char* grid, std::int64_t steps) {
    const BoundConfig config{.steps = steps, .grid = grid};
    return mean_of(variational_bound(law.score(sde), sde, x, config).nats + log_density);
  };
  for (const auto& grid : grid_names()) {
    const auto coarse = gap(grid.c_str(), 100), fine = gap(grid.c_str(), 400);
    INFO(grid << ": " << coarse.value << " ± " << coarse.error << ", then " << fine.value << " ± " << fine.error);
    CHECK(fine.value > -4.5 * fine.error);
    CHECK(coarse.value > 2.5 * fine.value);
  }
}

TEST_CASE("the continuous bound depends on the schedule through its ends alone") {
  // The same noise levels at both ends: rates that differ in between, and a variance that explodes.
  const GaussianMixture law = two_of_four();
  const Tensor x = draws_of(law, 50);
  const VP vp, other({.beta_min = 5, .beta_max = 15.1});
  const double begin = half_log_snr(vp, 1e-3), end = half_log_snr(vp, 1);
  const EDM edm({.sigma_min = std::exp(-begin), .sigma_max = std::exp(-end)});
  const auto bound = [&](const ForwardSde& sde, const char* terms, double lambda) {
    const BoundConfig config{.terms = terms, .steps = 50, .grid = "uniform", .t_min = sde.time_of_lambda(lambda)};
    return variational_bound(law.score(sde), sde, x, config).nats;
  };
  CHECK(largest(bound(vp, "continuous", begin) - bound(other, "continuous", begin)) < 1e-6);
  CHECK(largest(bound(vp, "continuous", begin) - bound(edm, "continuous", begin)) < 1e-6);
  // Other ends, or finitely many steps that are placed by the schedule, do not agree.
  CHECK(largest(bound(vp, "continuous", begin) - bound(other, "continuous", begin - 1)) > 0.1);
  CHECK(mean(bound(vp, "discrete", begin) - bound(other, "discrete", begin)).item() < -0.5);
}

TEST_CASE("with the variance of the exact reverse step a discrete bound is tight at four steps") {
  const VP sde;
  const double s = 0.8;
  const GaussianMixture law = gaussian(s, 0.3);
  const Tensor x = draws_of(law, 100), log_density = law.log_density(x);
  const BoundConfig config{.steps = 4, .draws = 400, .t_min = 1e-4};
  BoundOptions options;
  options.log_variance_ratio = [&](const Tensor& at, double t, double to) {
    const Marginal m = sde.marginal(t), n = sde.marginal(to);
    const double a = m.alpha / n.alpha, forward = m.sigma * m.sigma - a * a * n.sigma * n.sigma;
    const double posterior = n.sigma * n.sigma * forward / (m.sigma * m.sigma);
    const double exact = 1 / (1 / (n.alpha * n.alpha * s * s + n.sigma * n.sigma) + a * a / forward);
    return Tensor::full(at.shape(), std::log(exact / posterior), Dtype::f64);
  };
  const auto [z, squared] = standardised(variational_bound(law.score(sde), sde, x, config, options), log_density);
  CHECK(std::abs(z) < 0.5);
  CHECK(squared == Approx(1).margin(0.6));
  const VariationalBound posterior = variational_bound(law.score(sde), sde, x, config);
  CHECK(standardised(posterior, log_density).first > 10);
  options.log_variance_ratio = [](const Tensor& at, double, double) { return Tensor::zeros(at.shape(), at.dtype()); };
  CHECK(largest(variational_bound(law.score(sde), sde, x, config, options).nats / posterior.nats - 1) < 1e-12);
}

TEST_CASE("noise images of independent uniform levels cost log2 of the levels a dimension") {
  const VP sde;
  const GreyLevels levels{.count = 17, .first = -1, .width = 0.125};
  std::vector<std::vector<double>> points;
  std::vector<double> values;
  for (std::int64_t k = 0; k < levels.count; ++k) points.push_back({-1 + 0.125 * static_cast<double>(k)});
  const GaussianMixture pixel(points, {0});
  const Rng rng(3);
  for (std::uint64_t i = 0; i < 40 * 16; ++i) values.push_back(points[rng.index(i, 17)][0]);
  const Tensor x = Tensor::from(values, {40, 4, 4, 1}, Dtype::f64);
  const Score exact = [&](const Tensor& at, double t) {
    const Marginal m = sde.marginal(t);
    const Tensor flat = reshape(at, {at.size(), 1});
    return reshape((pixel.denoise(flat, m) * m.alpha - flat) / (m.sigma * m.sigma), at.shape());
  };
  BoundOptions options;
  options.levels = levels;
  for (const char* decoder : {"discretised", "categorical"}) {
    BoundConfig config{.terms = "continuous", .steps = 400, .draws = 2, .decoder = decoder, .t_min = 1e-3};
    const VariationalBound found = variational_bound(exact, sde, x, config, options);
    const auto [bits, over_images] = mean_of(bits_per_dimension(-found.nats, 16));
    INFO(decoder << ": " << bits << " ± " << over_images);
    CHECK(std::abs(bits - std::log2(17)) < 4.5 * over_images);
    CHECK(over_images < 0.02);
    // Every image costs the same, so that draws are all that tells them apart.
    CHECK(found.mean_error() / (16 * std::log(2)) == Approx(over_images).epsilon(0.5));
    config.terms = "discrete";
    const auto few = mean_of(bits_per_dimension(-variational_bound(exact, sde, x, config, options).nats, 16));
    CHECK(few.value > bits);
  }
}

TEST_CASE("a sample's bound does not depend on its batch or the threads") {
  const VP sde;
  const GaussianMixture law = two_of_four();
  const Score score = law.score(sde);
  const Tensor x = law.sample(21, Rng(2));
  const int threads = thread_count();
  for (const char* terms : {"discrete", "continuous"}) {
    const BoundConfig config{.terms = terms, .steps = 9, .draws = 3, .seed = 4};
    const VariationalBound all = variational_bound(score, sde, x, config);
    for (const std::int64_t shard : {1, 4, 21}) {
      BoundOptions options;
      options.shard = shard;
      set_thread_count(shard == 4 ? 2 : 1);
      CHECK(largest(variational_bound(score, sde, x, config, options).nats - all.nats) == 0);
    }
    set_thread_count(threads);
    BoundOptions options;
    options.first_sample = 7;
    const VariationalBound part = variational_bound(score, sde, x.rows(7, 12), config, options);
    CHECK(largest(part.nats - all.nats.rows(7, 12)) == 0);
    CHECK(largest(part.standard_error - all.standard_error.rows(7, 12)) == 0);
    options.first_sample = 0;
    CHECK(largest(variational_bound(score, sde, x.rows(7, 12), config, options).nats - all.nats.rows(7, 12)) > 0);
    BoundConfig another = config;
    another.seed = 5;
    CHECK(largest(variational_bound(score, sde, x, another).nats - all.nats) > 0);
    CHECK(all.diffusion.shape() == Shape{21, 9, 3});
    CHECK(all.t.size() == 27);
  }
}

TEST_CASE("a bound that cannot be had is refused") {
  const VP sde;
  const Tensor x = Tensor::ones({3, 2}, Dtype::f64);
  const Score good = [](const Tensor& at, double) { return -at; };
  CHECK_THROWS_WITH(variational_bound(good, sde, x, {.decoder = "discretised"}), Catch::Contains("no levels"));
  CHECK_THROWS_AS(variational_bound(good, sde, x, {.t_min = 1}), ConfigError);
  CHECK_THROWS_AS(variational_bound(good, sde, x, {.grid = "unifrom"}), ConfigError);
  CHECK_THROWS_AS(variational_bound(good, sde, Tensor::ones({3})), ShapeError);
  BoundOptions options;
  options.log_variance_ratio = [](const Tensor& at, double, double) { return at; };
  CHECK_THROWS_AS(variational_bound(good, sde, x, {.terms = "continuous"}, options), ConfigError);
  options = {};
  options.levels = {.count = 4, .first = 0.4, .width = 0.25};
  CHECK_THROWS_WITH(variational_bound(good, sde, x, {.steps = 2}, options), Catch::Contains("gaussian"));
  const Score broken = [](const Tensor& at, double t) { return t < 0.4 ? at * std::nan("") : -at; };
  CHECK_THROWS_WITH(variational_bound(broken, sde, x), Catch::Contains("sample 0 is not finite at t ="));
  CHECK(std::isnan(variational_bound(good, sde, x, {.steps = 2}).mean_error()));
}
