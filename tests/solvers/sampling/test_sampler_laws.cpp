// The law of every sampler, on a mixture whose score is exact.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 40'000;

/// A mixture on the line with the quantiles of its law after diffusion.
struct Law {
  std::vector<double> means = {-1.5, 0.5, 1.2}, deviations = {0.2, 0.3, 0.15}, weights = {2. / 6, 3. / 6, 1. / 6};

  GaussianMixture mixture() const { return GaussianMixture({{means[0]}, {means[1]}, {means[2]}}, deviations, weights); }
  double cumulative(double x, Marginal at) const {
    double p = 0;
    for (std::size_t k = 0; k < 3; ++k)
      p += 0.5 * weights[k] *
           std::erfc((at.alpha * means[k] - x) / (std::hypot(at.alpha * deviations[k], at.sigma) * std::sqrt(2)));
    return p;
  }
  /// Quantiles (i + ½)/n, in order.
  std::vector<double> quantiles(Marginal at) const {
    std::vector<double> q;
    double low = -9;
    for (std::int64_t i = 0; i < n; ++i) {
      const double wanted = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
      double high = 9;
      for (double left = low; high - left > 1e-6;) {
        const double middle = 0.5 * (left + high);
        (cumulative(middle, at) < wanted ? left : high) = middle;
        low = left;
      }
      q.push_back(high);
    }
    return q;
  }
};
const Law law;
const GaussianMixture line = law.mixture();

/// Wasserstein-1 distance of n samples to the law.
double w1(const Tensor& x, const std::vector<double>& quantiles) {
  auto values = x.to_vector();
  std::ranges::sort(values);
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += std::abs(values[i] - quantiles[i]);
  return sum / static_cast<double>(n);
}

double distance(const Tensor& x) {
  static const std::vector<double> quantiles = law.quantiles({1, 0});
  return w1(x, quantiles);
}

/// What n true draws reach: mean + 5 standard deviations of their distance.
double sampling_bound() {
  static const double bound = [] {
    std::vector<double> distances;
    for (std::uint64_t seed = 0; seed < 40; ++seed) distances.push_back(distance(line.sample(n, Rng(seed))));
    const double mean = std::accumulate(distances.begin(), distances.end(), 0.0) / 40;
    double variance = 0;
    for (const double d : distances) variance += (d - mean) * (d - mean) / 39;
    return mean + 5 * std::sqrt(variance);
  }();
  return bound;
}

/// Room for a sampler's own bias.
constexpr double bias = 0.006;

struct Case {
  SampleConfig config;
  double nfe;  // 0: chosen by error control
};

/// Settings with which each solver's own bias is below the sampling error.
std::vector<Case> cases() {
  std::vector<Case> all = {
      {{.solver = "euler_maruyama", .steps = 500, .grid = "log_snr"}, 501},
      {{.solver = "euler_maruyama", .steps = 500, .grid = "log_snr", .clock = "snr"}, 501},
      {{.solver = "euler_maruyama", .steps = 300, .grid = "log_snr", .clock = "log_snr"}, 301},
      {{.solver = "stochastic_heun", .steps = 150, .grid = "log_snr", .clock = "log_snr"}, 301},
      {{.solver = "sra1", .steps = 150, .grid = "log_snr"}, 301},
      {{.solver = "sra1", .steps = 100, .grid = "karras", .clock = "snr"}, 201},
      {{.solver = "sea", .steps = 60, .grid = "karras", .clock = "snr"}, 61},
      {{.solver = "heun", .steps = 60, .grid = "log_snr"}, 121},
      {{.solver = "probability_flow"}, 0},
      {{.solver = "probability_flow", .clock = "log_snr"}, 0},
      {{.solver = "gotta_go_fast", .tolerance = 0.05}, 0},
      {{.solver = "gotta_go_fast", .clock = "snr", .tolerance = 0.05}, 0},
      {{.solver = "skrock", .steps = 100, .grid = "log_snr", .clock = "log_snr"}, 501},
      {{.solver = "predictor_corrector", .steps = 300, .grid = "log_snr"}, 601},
      {{.solver = "annealed_langevin", .steps = 400, .grid = "log_snr", .corrector = {.steps = 6}}, 2401},
      {{.solver = "euler_maruyama", .steps = 400, .grid = "log_snr", .eta = 0.5}, 401},
      {{.solver = "ancestral_large", .steps = 300, .grid = "log_snr"}, 301},
      {{.solver = "exponential_euler", .steps = 200, .grid = "log_snr", .eta = 0.5}, 201},
      {{.solver = "ddim", .steps = 150, .grid = "log_snr"}, 151},
      {{.solver = "ddim", .steps = 250, .grid = "log_snr", .eta = 0.5}, 251},
      {{.solver = "dpm_solver_2", .steps = 30, .grid = "log_snr", .denoise = true}, 61},
      {{.solver = "dpm_solver_3", .steps = 16, .grid = "log_snr", .denoise = true}, 49},
      {{.solver = "dpmpp_2s", .steps = 30, .grid = "log_snr"}, 61},
      {{.solver = "dpmpp_3s", .steps = 16, .grid = "log_snr"}, 49},
      {{.solver = "dpmpp_2m", .steps = 40, .grid = "log_snr"}, 41},
      {{.solver = "dpmpp_3m", .steps = 40, .grid = "log_snr"}, 41},
      {{.solver = "deis_2", .steps = 40, .grid = "log_snr", .denoise = true}, 41},
      {{.solver = "deis_3", .steps = 40, .grid = "log_snr", .denoise = true}, 41},
      {{.solver = "unipc_bh1", .steps = 30, .grid = "log_snr"}, 31},
      {{.solver = "unipc_bh2", .steps = 30, .grid = "log_snr"}, 31},
      {{.solver = "unipc_3", .steps = 30, .grid = "log_snr"}, 31},
      {{.solver = "dpmpp_2s_sde", .steps = 50, .grid = "log_snr"}, 101},
      {{.solver = "dpmpp_2m_sde", .steps = 80, .grid = "log_snr"}, 81},
      {{.solver = "dpmpp_3m_sde", .steps = 80, .grid = "log_snr"}, 81},
      {{.solver = "sa_solver", .steps = 60, .grid = "log_snr", .eta = 0.7}, 61},
      {{.solver = "sa_solver_2", .steps = 80, .grid = "log_snr"}, 81},
      {{.solver = "er_sde_1", .steps = 200, .grid = "log_snr"}, 201},
      {{.solver = "er_sde_2", .steps = 60, .grid = "log_snr"}, 61},
      {{.solver = "er_sde_3", .steps = 60, .grid = "log_snr"}, 61},
      {{.solver = "seeds_2", .steps = 50, .grid = "log_snr"}, 101},
      {{.solver = "edm_heun", .steps = 40, .grid = "karras", .churn = {.amount = 10}}, 81},
      {{.solver = "restart",
        .steps = 40,
        .grid = "karras",
        .restart = {.low = 0.1, .high = 1, .repeats = 2, .steps = 10}},
       123},
      {{.solver = "repaint", .steps = 300, .grid = "log_snr", .resample = {.jump = 10, .repeats = 2}}, 601},
  };
  for (Case& c : all) c.config.n = n;
  return all;
}

}  // namespace

TEST_CASE("every sampler draws from the mixture under VP") {
  const auto sde = make_sde({});
  for (const auto& [config, nfe] : cases()) {
    const Samples samples = sample(line.score(*sde), *sde, config, {.shape = {1}});
    const double d = distance(samples.values);
    INFO(config.solver << " in clock " << config.clock.value_or("its own") << ": W1 " << d << ", sampling bound "
                       << sampling_bound());
    CHECK(d < sampling_bound() + bias);
    if (nfe > 0)
      CHECK(samples.nfe == nfe);
    else
      CHECK((samples.nfe > 20 && samples.nfe < 400));
  }
}

TEST_CASE("every SDE leads back to the mixture") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    for (const auto& [solver, clock, steps] : {std::tuple{"sea", "snr", 100}, {"sra1", "log_snr", 200}}) {
      const SampleConfig config{.solver = solver, .steps = steps, .n = n, .grid = "karras", .clock = clock};
      const Samples samples = sample(line.score(*sde), *sde, config, {.shape = {1}});
      const double d = distance(samples.values);
      INFO(name << " by " << solver << ": W1 " << d);
      CHECK(d < sampling_bound() + bias);
    }
  }
}

TEST_CASE("wrong scores and wrong noise are rejected by the law test") {
  const auto sde = make_sde({});
  const Score exact = line.score(*sde);
  const SampleConfig config{.solver = "euler_maruyama", .steps = 300, .n = n, .grid = "log_snr", .clock = "log_snr"};
  const SampleOptions options{.shape = {1}};
  const auto rejected = [&](const Score& score) {
    const Samples samples = sample(score, *sde, config, options);
    const double d = distance(samples.values);
    return samples.failures > 0 || d > sampling_bound() + bias;
  };
  CHECK_FALSE(rejected(exact));
  CHECK(rejected([&](const Tensor& x, double t) { return exact(x, t) * -1.0; }));
  CHECK(rejected([&](const Tensor& x, double t) { return exact(x, t) * std::sqrt(0.5); }));
  CHECK(rejected([&](const Tensor& x, double t) { return exact(x, 0.8 * t); }));
}

TEST_CASE("the law of every sampler is the forward marginal at every time on the way") {
  const auto sde = make_sde({});
  std::vector<SampleConfig> configs;
  for (const auto& [config, nfe] : cases())
    if (config.solver != "annealed_langevin") configs.push_back(config);
  for (const double eta : {0.0, 1.0})
    configs.push_back(
        {.solver = "stochastic_heun", .steps = 160, .n = n, .grid = "log_snr", .clock = "log_snr", .eta = eta});
  std::map<double, std::vector<double>> quantiles;
  for (SampleConfig& config : configs) {
    config.steps = (config.steps + 3) / 4 * 4;  // frames at the same times for all grids of a kind
    const Samples samples = sample(line.score(*sde), *sde, config, {.shape = {1}, .trajectory = 5});
    for (std::int64_t frame = 1; frame < 5; ++frame) {
      const double t = samples.times[static_cast<std::size_t>(frame)];
      auto& exact = quantiles[std::round(t * 1e6)];
      if (exact.empty()) exact = law.quantiles(sde->marginal(t));
      const double d = w1(samples.trajectory.rows(frame, frame + 1), exact);
      INFO(config.solver << " in clock " << config.clock.value_or("its own") << " at t = " << t << ": W1 " << d);
      CHECK(d < sampling_bound() + bias);
    }
  }
}

TEST_CASE("the error of every sampler falls with its order, down to what sampling alone leaves") {
  const auto sde = make_sde({});
  for (const auto& solver : solver_summaries()) {
    if (!solver.sampler) continue;
    std::vector<double> distances;
    const std::int64_t each = solver.sampler->evaluations;
    for (const std::int64_t evaluations : {12, 24, 48, 192}) {
      const SampleConfig config{.solver = solver.name, .steps = evaluations / each, .n = n, .grid = "log_snr"};
      distances.push_back(distance(sample(line.score(*sde), *sde, config, {.shape = {1}}).values));
    }
    INFO(solver.name << ": W1 " << distances[0] << ", " << distances[1] << ", " << distances[2] << ", "
                     << distances[3]);
    const bool stochastic = eta_of(solver.name).standard > 0;
    const double order = stochastic ? solver.sampler->weak : solver.sampler->flow;
    // From 12 to 48 evaluations at least half of the order shows, or the floor is reached.
    CHECK(distances[2] < std::max(sampling_bound() + bias, distances[0] * std::pow(4, -0.5 * order)));
    CHECK(distances[3] < sampling_bound() + (order > 1 ? bias : 4 * bias));
  }
}
