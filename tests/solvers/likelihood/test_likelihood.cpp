#include "fokker/solvers/likelihood/likelihood.h"

#include <cmath>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

GaussianMixture three_in_the_plane() { return {{{1, 0.5}, {-1, 0.2}, {0.3, -1.2}}, {0.4, 0.6, 0.3}, {1, 2, 1}}; }
GaussianMixture two_of_four() { return {{{1, 0.5, 0, 1}, {-1, 0.2, 0.7, -0.5}}, {0.7, 0.9}, {2, 1}}; }

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

struct Truth {
  Tensor x, log_density;
  LikelihoodOptions options;  // the exact law at t_max
};

/// Draws of the law at t_min, and their density there.
Truth truth(const GaussianMixture& mixture, const ForwardSde& sde, std::int64_t n) {
  const GaussianMixture begin = mixture.diffused(sde.marginal(sde.t_min()));
  const GaussianMixture end = mixture.diffused(sde.marginal(sde.t_max()));
  Truth known;
  known.x = begin.sample(n, Rng(5), Dtype::f64);
  known.log_density = begin.log_density(known.x);
  known.options.terminal = [end](const Tensor& x) { return end.log_density(x); };
  return known;
}

LikelihoodConfig tight(double tolerance = 1e-9) {
  LikelihoodConfig config;
  config.flow.tolerance = tolerance;
  return config;
}

bool same_bits(const Tensor& a, const Tensor& b) { return largest_difference(a, b) == 0; }

}  // namespace

TEST_CASE("the likelihood of a mixture is the density of the marginal at t_min") {
  const GaussianMixture mixture = three_in_the_plane();
  for (const auto& kind : sde_names()) {
    const auto sde = make_sde({.kind = kind});
    const Truth known = truth(mixture, *sde, 24);
    for (const char* clock : {"log_snr", "t"}) {
      INFO(kind << ", clock " << clock);
      LikelihoodConfig config = tight();
      config.flow.clock = clock;
      const Likelihood found = log_likelihood(mixture.score(*sde), *sde, known.x, config, known.options);
      CHECK(largest_difference(found.log_density, known.log_density) < 1e-7);
      CHECK(!found.standard_error.defined());
    }
    LikelihoodConfig fixed;
    fixed.flow.clock = "log_snr";
    fixed.flow.steps = 300;
    for (const char* method : {"dopri5", "fehlberg78", "adams_bashforth_moulton"}) {
      INFO(kind << ", 300 steps of " << method);
      fixed.flow.method = method;
      const Likelihood found = log_likelihood(mixture.score(*sde), *sde, known.x, fixed, known.options);
      CHECK(largest_difference(found.log_density, known.log_density) < 1e-4);
    }
  }
}

TEST_CASE("the likelihood at another t_min is the density of the marginal there") {
  const GaussianMixture mixture = three_in_the_plane();
  const VP sde;
  LikelihoodConfig config = tight();
  config.flow.t_min = 0.3;
  const GaussianMixture there = mixture.diffused(sde.marginal(0.3));
  const Truth known = truth(mixture, sde, 16);
  const Likelihood found = log_likelihood(mixture.score(sde), sde, known.x, config, known.options);
  CHECK(largest_difference(found.log_density, there.log_density(known.x)) < 1e-6);
}

TEST_CASE("the prior in place of the exact marginal costs what it differs from it") {
  const GaussianMixture mixture = three_in_the_plane();
  const VP sde;
  const Truth known = truth(mixture, sde, 24);
  const Likelihood found = log_likelihood(mixture.score(sde), sde, known.x, tight());
  const double difference = largest_difference(found.log_density, known.log_density);
  CHECK(difference > 1e-5);
  CHECK(difference < 0.05);
  const Tensor exact = known.options.terminal(found.latent.x);
  const Tensor prior = gaussian_log_density(found.latent.x, sde.prior_sigma());
  CHECK(largest_difference(found.log_density - prior + exact, known.log_density) < 1e-6);
}

TEST_CASE("a wrong flow or a wrong sign of the divergence is noticed") {
  const GaussianMixture mixture = three_in_the_plane();
  const VP sde;
  const Truth known = truth(mixture, sde, 24);
  const Score score = mixture.score(sde);
  const auto error = [&](double factor, double sign) {
    const VectorField field = [&](const Tensor& x, double t) {
      const double g = sde.diffusion_rate(t);
      return weighted_sum({{sde.drift_rate(t), x}, {-factor * g * g, score(x, t)}});
    };
    const DensityFlow flow = carry_density(field, known.x, {sde.t_min(), 1}, {}, {.absolute = 1e-9, .relative = 1e-9});
    const Tensor change = reshape(flow.divergence, {24}) * sign;
    return largest_difference(known.options.terminal(flow.at_end.x) + change, known.log_density);
  };
  CHECK(error(0.5, 1) < 1e-6);
  CHECK(error(1, 1) > 0.1);
  CHECK(error(0.5, -1) > 0.1);
  CHECK(error(0.49, 1) > 1e-3);
}

TEST_CASE("Hutchinson's estimate lies within its interval") {
  const GaussianMixture mixture = two_of_four();
  const VP sde;
  const Truth known = truth(mixture, sde, 100);
  for (const char* probe : {"rademacher", "gaussian"}) {
    LikelihoodConfig config = tight(1e-6);
    config.divergence = {.trace = "hutchinson", .probe = probe, .probes = 100, .seed = 3};
    const Likelihood found = log_likelihood(mixture.score(sde), sde, known.x, config, known.options);
    double squares = 0, largest = 0;
    for (std::int64_t i = 0; i < 100; ++i) {
      const double z = (found.log_density.at(i) - known.log_density.at(i)) / found.standard_error.at(i);
      squares += z * z / 100;
      largest = std::max(largest, std::abs(z));
    }
    INFO(probe << ": mean of z² " << squares << ", largest z " << largest);
    // Student's t of 99 degrees of freedom, nearly: E z² = 1.02, its standard error over 100 samples .15.
    CHECK(std::abs(squares - 1) < 0.6);
    CHECK(largest < 5);
    // The error of one probe is √100 of the standard error.
    config.divergence.probes = 1;
    const Likelihood one = log_likelihood(mixture.score(sde), sde, known.x, config, known.options);
    double ratio = 0;
    for (std::int64_t i = 0; i < 100; ++i)
      ratio += square(one.log_density - known.log_density).at(i) / square(found.standard_error).at(i) / 100;
    CHECK(ratio == Approx(100).epsilon(0.6));
    CHECK(!one.standard_error.defined());
  }
}

TEST_CASE("a probe that is redrawn at every evaluation defeats the error control") {
  const GaussianMixture mixture = two_of_four();
  const VP sde;
  const Score score = mixture.score(sde);
  const Tensor x0 = truth(mixture, sde, 1).x;
  const auto spent = [&](bool redrawn) {
    std::uint32_t call = 0;
    const auto field = [&, redrawn](const Tensor& state, double t) {
      const Recording on_tape(true);
      const Tensor x = slice(state, 1, 0, 4).leaf();
      const double g = sde.diffusion_rate(t);
      const Tensor f = weighted_sum({{sde.drift_rate(t), x}, {-0.5 * g * g, score(x, t)}});
      const Tensor probe = Rng(1).at(redrawn ? ++call : 0).normal({1, 4}, Dtype::f64);
      return concat({f.detach(), sum(grad(sum(f * probe), x) * probe, {1}, true).detach()}, 1);
    };
    const OdeConfig config{.absolute = 1e-6, .relative = 1e-6, .max_steps = 2000, .apart = 1};
    return solve_ode(field, concat({x0, Tensor::zeros({1, 1}, Dtype::f64)}, 1), sde.t_min(), 1, config).evaluations[0];
  };
  CHECK(spent(false) < 2000);
  CHECK_THROWS_AS(spent(true), NumericalError);
}

TEST_CASE("a sample's likelihood does not depend on its batch, its place or the threads") {
  const GaussianMixture mixture = two_of_four();
  const VP sde;
  const Score score = mixture.score(sde);
  const Tensor x = truth(mixture, sde, 21).x;
  std::vector<std::int64_t> backwards;
  for (std::int64_t i = 20; i >= 0; --i) backwards.push_back(i);
  const int threads = thread_count();
  for (const char* trace : {"exact", "hutchinson"}) {
    LikelihoodConfig config = tight(1e-5);
    config.divergence = {.trace = trace, .probes = 3};
    const Likelihood all = log_likelihood(score, sde, x, config);
    const Likelihood turned = log_likelihood(score, sde, gather(x, backwards), config);
    CHECK(same_bits(gather(turned.log_density, backwards), all.log_density));
    for (const std::int64_t shard : {1, 4, 21}) {
      LikelihoodOptions options;
      options.shard = shard;
      set_thread_count(shard == 4 ? 2 : 1);
      CHECK(same_bits(log_likelihood(score, sde, x, config, options).log_density, all.log_density));
    }
    set_thread_count(threads);
    for (std::int64_t i = 0; i < 21; ++i) {
      const Likelihood one = log_likelihood(score, sde, x.rows(i, i + 1), config);
      CHECK(one.log_density.item() == all.log_density.at(i));
      CHECK(one.latent.evaluations[0] == all.latent.evaluations[static_cast<std::size_t>(i)]);
    }
    // The samples differ, and so do their probes.
    CHECK(all.log_density.at(0) != all.log_density.at(1));
  }
}

TEST_CASE("evaluations of the score are counted") {
  const GaussianMixture mixture = two_of_four();
  const VP sde;
  const Tensor x = truth(mixture, sde, 5).x;
  std::int64_t rows = 0;
  const Score counted = [&, score = mixture.score(sde)](const Tensor& at, double t) {
    rows += at.extent(0);
    return score(at, t);
  };
  LikelihoodOptions options;
  options.shard = 5;
  const Likelihood found = log_likelihood(counted, sde, x, {}, options);
  CHECK(found.latent.nfe() * 5 == static_cast<double>(rows));
  CHECK(DivergenceConfig{}.exact(16));
  CHECK(!DivergenceConfig{}.exact(17));
}

TEST_CASE("bits per dimension of a standard Gaussian") {
  // Its differential entropy is ½ log₂(2πe) bits a dimension.
  const Tensor x = Rng(1).normal({4000, 10}, Dtype::f64);
  const Tensor bits = bits_per_dimension(gaussian_log_density(x, 1), 10);
  CHECK(mean(bits).item() ==
        Approx(0.5 * std::log2(2 * M_PI * M_E)).margin(4.5 * std::sqrt(0.5 / 40000) / std::log(2)));
  CHECK(mean(bits_per_dimension(gaussian_log_density(x * 8.0, 8), 10)).item() == Approx(mean(bits).item() + 3));
}

TEST_CASE("a likelihood that cannot be had is refused") {
  const VP sde;
  const Tensor x = Tensor::ones({3, 2}, Dtype::f64);
  const Score off_tape = [](const Tensor& at, double) { return (-at).detach(); };
  CHECK_THROWS_WITH(log_likelihood(off_tape, sde, x), Catch::Contains("cannot be differentiated"));
  const Score broken = [](const Tensor& at, double t) { return t > 0.4 ? at * std::nan("") : -at; };
  CHECK_THROWS_WITH(log_likelihood(broken, sde, x), Catch::Contains("sample 0 is not finite"));
  const Score good = [](const Tensor& at, double) { return -at; };
  LikelihoodConfig config;
  config.flow.clock = "snr";
  CHECK_THROWS_AS(log_likelihood(good, sde, x, config), ConfigError);
  config.flow = {.method = "fehlberg78"};
  CHECK_THROWS_WITH(log_likelihood(good, sde, x, config), Catch::Contains("dopri5"));
  config.flow = {.t_min = 2};
  CHECK_THROWS_AS(log_likelihood(good, sde, x, config), ConfigError);
  CHECK_THROWS_AS(log_likelihood(good, sde, Tensor::ones({3})), ShapeError);
  LikelihoodOptions options;
  options.terminal = [](const Tensor& at) { return at; };
  CHECK_THROWS_AS(log_likelihood(good, sde, x, {}, options), ShapeError);
}
