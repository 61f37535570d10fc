#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampling/corrector.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

double second_moment(const Tensor& x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += x.at(i) * x.at(i);
  return sum / static_cast<double>(x.size());
}

constexpr std::int64_t n = 20'000;
constexpr double variance = 0.36;

/// The variance after 60 steps of ε = 0.3 V from the stationary law of N(0, V).
double after_langevin(double score_factor, double noise_factor) {
  const Score score = [=](const Tensor& x, double) { return x * (-score_factor / variance); };
  const SequentialNoise noise(5, {n, 1}, Dtype::f64, 0, Stream::corrector);
  class Scaled final : public BrownianMotion {
   public:
    Scaled(const BrownianMotion& noise, double factor) : noise_(noise), factor_(factor) {}
    BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override {
      return {noise_.increment(step, t0, t1, areas).w * factor_, {}, {}};
    }

   private:
    const BrownianMotion& noise_;
    double factor_;
  } scaled(noise, noise_factor);
  const Tensor x = Rng(6).normal({n, 1}, Dtype::f64) * std::sqrt(variance);
  return second_moment(langevin(score, scaled, x, {0.5, 0.3 * variance, 60, 0}));
}

}  // namespace

TEST_CASE("unadjusted Langevin has the variance V / (1 − ε/2V)") {
  const double wanted = variance / (1 - 0.15);
  const auto close = [&](double got) { return std::abs(got / wanted - 1) < 4.5 * std::sqrt(2.0 / n); };
  CHECK(close(after_langevin(1, 1)));
  // Controls: noise without its √2, a score of half size, a score of the wrong sign.
  CHECK_FALSE(close(after_langevin(1, std::sqrt(0.5))));
  CHECK_FALSE(close(after_langevin(0.5, 1)));
  CHECK_FALSE(close(after_langevin(-1, 1)));
}

TEST_CASE("the corrector's step inflates the variance by at most 1/(1 − r²)") {
  const double r = 0.3, sigma = 0.6, step = corrector_step(r, sigma);
  CHECK(step == Approx(2 * 0.09 * 0.36));
  CHECK(1 / (1 - step / (2 * sigma * sigma)) == Approx(1 / (1 - r * r)));
}

TEST_CASE("the annealing step brings the variance nearest to the next level's") {
  for (const double ratio : {1.05, 1.3, 2.0})
    for (const int steps : {1, 3, 10}) {
      const auto final_variance = [&](double e) {
        double v = ratio * ratio;
        for (int i = 0; i < steps; ++i) v = (1 - e) * (1 - e) * v + 2 * e;
        return v;
      };
      const double best = annealing_step(ratio, steps);
      INFO("ratio " << ratio << ", steps " << steps << ": " << best);
      CHECK(best > 0);
      CHECK(best < 1);
      for (double e = 0.001; e < 1; e += 0.001) CHECK(final_variance(best) <= final_variance(e) + 1e-12);
      CHECK(final_variance(best) < ratio * ratio);
    }
  // One step: v(e) = (1 − e)² γ² + 2e is least at e = 1 − 1/γ².
  CHECK(annealing_step(2, 1) == Approx(0.75).epsilon(1e-6));
}

TEST_CASE("steps by the norm ratio inflate the variance by 1 + r² in many dimensions and diverge from it in few") {
  constexpr double r = 0.3;
  const Score score = [](const Tensor& x, double) { return x * (-1 / variance); };
  const auto inflation = [&](std::int64_t dimensions, std::int64_t samples) {
    const SequentialNoise noise(5, {samples, dimensions}, Dtype::f64, 0, Stream::corrector);
    const Tensor x = Rng(6).normal({samples, dimensions}, Dtype::f64) * std::sqrt(variance);
    return second_moment(norm_langevin(score, noise, x, {0.5, 2 * r * r, 60, 0})) / variance;
  };
  CHECK(inflation(2048, 40) == Approx(1 + r * r).epsilon(0.02));
  CHECK(inflation(2, 20'000) > 1.5);
}

TEST_CASE("predictor-corrector by the norm ratio has the law in 512 dimensions and not in 2; samples do not mix") {
  const auto sde = make_sde({});
  const auto spread = [&](std::int64_t dimensions, const std::string& rule) {
    const GaussianMixture unit({std::vector<double>(static_cast<std::size_t>(dimensions))}, {1});
    SampleConfig config{.solver = "predictor_corrector", .steps = 100, .n = 20'000 / dimensions + 20};
    config.corrector.rule = rule;
    return second_moment(sample(unit.score(*sde), *sde, config, {.shape = {dimensions}}).values);
  };
  CHECK(spread(512, "norm") == Approx(1).margin(0.06));
  CHECK(spread(2, "sigma") == Approx(1).margin(0.1));
  CHECK(spread(2, "norm") > 1.3);
  const GaussianMixture ring = GaussianMixture::ring();
  SampleConfig config{.solver = "predictor_corrector", .steps = 20, .n = 3};
  config.corrector.rule = "norm";
  const Tensor few = sample(ring.score(*sde), *sde, config).values;
  config.n = 50;
  const Tensor many = sample(ring.score(*sde), *sde, config).values;
  for (std::int64_t i = 0; i < few.size(); ++i) CHECK(few.at(i) == many.at(i));
}

TEST_CASE("both rules of annealed Langevin agree where their steps do") {
  const auto sde = make_sde({.kind = "edm"});
  const GaussianMixture line({{-1}, {1}}, {0.2});
  SampleConfig config{.solver = "annealed_langevin", .steps = 200, .n = 4000, .grid = "log_snr"};
  config.corrector.steps = 5;
  const auto draw = [&] { return sample(line.score(*sde), *sde, config, {.shape = {1}}).values; };
  const Tensor by_variance = draw();
  CHECK(second_moment(by_variance) == Approx(1.04).margin(0.05));
  // Levels in geometric sequence: ε/2 σ_L² is then the same number at each.
  const double ratio = std::pow(sde->t_max() / sde->t_min(), 1.0 / 200), last = sde->t_min();
  config.corrector.rule = "level";
  config.corrector.epsilon = 2 * last * last * annealing_step(ratio, 5);
  const Tensor by_level = draw();
  double apart = 0;
  for (std::int64_t i = 0; i < by_level.size(); ++i)
    apart = std::max(apart, std::abs(by_level.at(i) - by_variance.at(i)));
  CHECK(apart < 1e-3);
  *config.corrector.epsilon /= 100;
  CHECK(second_moment(draw()) > 1.2);  // too slow to follow the levels
}

TEST_CASE("settings of the Langevin steps that a solver would ignore are errors") {
  const auto refuses = [](const std::string& solver, CorrectorConfig corrector) {
    CHECK_THROWS_AS(corrector.check(solver), ConfigError);
  };
  CorrectorConfig steps, snr, epsilon, level, sigma, norm;
  steps.steps = 2;
  snr.snr = 0.1;
  epsilon.epsilon = 0.1;
  level.rule = "level";
  sigma.rule = "sigma";
  norm.rule = "norm";
  norm.epsilon = 0.1;
  refuses("sra1", steps);
  refuses("sra1", snr);
  refuses("sra1", sigma);
  refuses("annealed_langevin", snr);
  refuses("annealed_langevin", epsilon);
  refuses("annealed_langevin", level);
  refuses("annealed_langevin", sigma);
  refuses("predictor_corrector", epsilon);
  refuses("predictor_corrector", level);
  refuses("predictor_corrector", norm);
  snr.check("predictor_corrector");
  steps.check("annealed_langevin");
}
