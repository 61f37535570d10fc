// The law, the cost and the bits of every sampler, on mixtures whose score is exact.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "fokker/core/config.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/parallel.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampler.h"
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
      {{.solver = "dpm_solver_2", .steps = 30, .grid = "log_snr"}, 61},
      {{.solver = "dpm_solver_3", .steps = 16, .grid = "log_snr"}, 49},
      {{.solver = "dpmpp_2s", .steps = 30, .grid = "log_snr"}, 61},
      {{.solver = "dpmpp_3s", .steps = 16, .grid = "log_snr"}, 49},
      {{.solver = "dpmpp_2m", .steps = 40, .grid = "log_snr"}, 41},
      {{.solver = "dpmpp_3m", .steps = 40, .grid = "log_snr"}, 41},
      {{.solver = "deis_2", .steps = 40, .grid = "log_snr"}, 41},
      {{.solver = "deis_3", .steps = 40, .grid = "log_snr"}, 41},
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
  };
  for (Case& c : all) c.config.n = n;
  return all;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), static_cast<std::size_t>(a.bytes())) == 0;
}

}  // namespace

TEST_CASE("every sampler draws from the mixture under VP") {
  const auto sde = make_sde({});
  for (const auto& [config, nfe] : cases()) {
    const Samples samples = sample(line.score(*sde), *sde, config, {.shape = {1}});
    const double d = distance(samples.values);
    INFO(config.solver << " in clock " << config.clock << ": W1 " << d << ", sampling bound " << sampling_bound());
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
      INFO(config.solver << " in clock " << config.clock << " at t = " << t << ": W1 " << d);
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

TEST_CASE("Euler-Maruyama in the clock of the SNR is ancestral sampling") {
  // x₊ = mean of q(x₊ | x, D) + its deviation ξ, with D the denoiser, as in [ho2020] with √β̃.
  const auto sde = make_sde({});
  const Score score = line.score(*sde);
  const SampleConfig config{.steps = 20, .n = 50, .seed = 4, .clock = "snr", .denoise = false};
  const Samples samples = sample(score, *sde, config, {.shape = {1}, .dtype = Dtype::f64});
  Tensor x = sde->prior({50, 1}, Rng(4), Dtype::f64);
  const auto grid = time_grid("uniform", *sde, 20, sde->t_min());
  for (std::size_t i = 0; i < 20; ++i) {
    const auto [a0, s0] = sde->marginal(grid[i]);
    const auto [a1, s1] = sde->marginal(grid[i + 1]);
    const double ratio = a0 / a1, kept = s1 * s1 * ratio / (s0 * s0), forward = s0 * s0 - ratio * ratio * s1 * s1;
    const Tensor denoised = denoise(*sde, score, x, grid[i]);
    const Tensor unit = Rng(4, Stream::brownian, static_cast<std::uint32_t>(i)).normal({50, 1}, Dtype::f64);
    x = weighted_sum({{kept, x}, {a1 * forward / (s0 * s0), denoised}, {s1 * std::sqrt(forward) / s0, unit}});
  }
  for (std::int64_t i = 0; i < 50; ++i) CHECK(samples.values.at(i) == Approx(x.at(i)).epsilon(1e-8));
}

TEST_CASE("samples do not depend on shards, threads or the number of samples") {
  const auto sde = make_sde({});
  const GaussianMixture ring = GaussianMixture::ring();
  const Score score = ring.score(*sde);
  const int threads_before = thread_count();
  for (const auto& solver : solver_names())
    for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
      SampleConfig config{.solver = solver, .steps = 12, .n = 45, .seed = 7};
      const SampleOptions whole{.dtype = dtype, .shard = 45, .trajectory = 3};
      const Samples reference = sample(score, *sde, config, whole);
      INFO(solver);
      for (const int threads : {1, 2, 3})
        for (const std::int64_t shard : {1, 7, 16, 0}) {
          set_thread_count(threads);
          SampleOptions options = whole;
          options.shard = shard;
          const Samples other = sample(score, *sde, config, options);
          REQUIRE(same_bits(other.values, reference.values));
          REQUIRE(same_bits(other.trajectory, reference.trajectory));
          REQUIRE(other.nfe == Approx(reference.nfe).epsilon(1e-14));
        }
      config.n = 13;
      REQUIRE(same_bits(sample(score, *sde, config, {.dtype = dtype}).values, reference.values.rows(0, 13)));
      config.seed = 8;
      REQUIRE_FALSE(same_bits(sample(score, *sde, config, {.dtype = dtype}).values, reference.values.rows(0, 13)));
    }
  set_thread_count(threads_before);
}

TEST_CASE("evaluations are counted, not declared") {
  const auto sde = make_sde({});
  std::atomic<std::int64_t> rows{0};
  const Score score = [&, exact = line.score(*sde)](const Tensor& x, double t) {
    rows += x.extent(0);
    return exact(x, t);
  };
  for (const auto& solver : solver_names()) {
    rows = 0;
    const SampleConfig config{.solver = solver, .steps = 10, .n = 30, .denoise = false};
    const Samples samples = sample(score, *sde, config, {.shape = {1}});
    INFO(solver);
    CHECK(samples.nfe == static_cast<double>(rows) / 30);
    if (solver == "probability_flow" || solver == "gotta_go_fast") continue;  // they choose their steps
    if (solver == "restart") {  // two to the end of the interval, 4 × 2 through it again
      CHECK(samples.nfe == 10 * 2 + 2 + 8);
      continue;
    }
    int each = solver == "heun" || solver == "predictor_corrector" ? 2 : 1;
    for (const auto& known : solver_summaries()) {
      if (known.name != solver) continue;
      if (known.claims) each = known.claims->evaluations;
      if (known.sampler) each = known.sampler->evaluations;
    }
    if (each > 0) CHECK(samples.nfe == 10 * each);
  }
}

TEST_CASE("trajectories run from the prior to the samples") {
  const auto sde = make_sde({.kind = "edm"});
  for (const auto& solver : solver_names()) {
    const SampleConfig config{.solver = solver, .steps = 11, .n = 9, .grid = "karras", .denoise = false};
    const Samples samples =
        sample(line.score(*sde), *sde, config, {.shape = {1}, .trajectory = 4, .allow_failures = true});
    INFO(solver);
    CHECK(samples.trajectory.shape() == Shape{4, 9, 1});
    CHECK(samples.times.front() == 80);
    CHECK(samples.times.back() == 0.002);
    CHECK(std::ranges::is_sorted(samples.times, std::greater{}));
    CHECK(same_bits(samples.trajectory.rows(0, 1), sde->prior({9, 1}, Rng(0))));
    CHECK(same_bits(samples.trajectory.rows(3, 4), samples.values));
  }
}

TEST_CASE("progress reaches the end, and can cancel") {
  const auto sde = make_sde({});
  const SampleConfig config{.steps = 20, .n = 100};
  std::int64_t last = 0, total = 0;
  SampleOptions options{.shape = {1}, .shard = 10};
  options.progress = [&](std::int64_t done, std::int64_t all) {
    last = std::max(last, done), total = all;
    return true;
  };
  sample(line.score(*sde), *sde, config, options);
  CHECK(last == 2000);
  CHECK(total == 2000);
  options.progress = [](std::int64_t, std::int64_t) { return false; };
  CHECK_THROWS_AS(sample(line.score(*sde), *sde, config, options), Cancelled);
}

TEST_CASE("a sample that is not finite is reported with its step, or counted") {
  const auto sde = make_sde({});
  const Score broken = [](const Tensor& x, double t) { return t > 0.55 ? -x : log(x * 0.0 - 1.0); };
  const SampleConfig config{.steps = 10, .n = 20};
  CHECK_THROWS_WITH(sample(broken, *sde, config, {.shape = {1}}),
                    Catch::Contains("[euler_maruyama] sample 0 is not finite after step 6 of 10"));
  CHECK_THROWS_AS(sample(broken, *sde, config, {.shape = {1}}), NumericalError);
  CHECK(sample(broken, *sde, config, {.shape = {1}, .allow_failures = true}).failures == 20);
  CHECK(sample(line.score(*sde), *sde, config, {.shape = {1}}).failures == 0);
}

TEST_CASE("settings that do not fit are refused with the remedy") {
  const auto sde = make_sde({});
  const auto run = [&](SampleConfig config) { return sample(line.score(*sde), *sde, config, {.shape = {1}}); };
  CHECK_THROWS_WITH(run({.solver = "euler"}), Catch::Contains("euler_maruyama"));
  CHECK_THROWS_WITH(run({.solver = "sra4"}), Catch::Contains("did you mean sra"));
  CHECK_THROWS_WITH(run({.grid = "karas"}), Catch::Contains("did you mean karras?"));
  CHECK_THROWS_AS(run({.clock = "sigma"}), ConfigError);
  CHECK_THROWS_AS(run({.clock = "snr", .eta = 0.5}), ConfigError);
  CHECK_THROWS_AS(run({.steps = 0}), ConfigError);
  CHECK_THROWS_AS(run({.n = 0}), ConfigError);
  CHECK_THROWS_AS(run({.t_min = 2}), ConfigError);
}

TEST_CASE("sampling goes through the times that are given") {
  const auto sde = make_sde({});
  const auto run = [&](SampleConfig config, const ForwardSde& on) {
    config.n = 20;
    return sample(line.score(on), on, config, {.shape = {1}, .dtype = Dtype::f64, .trajectory = 3});
  };
  const Samples by_grid = run({.solver = "sra1", .steps = 20, .grid = "karras", .clock = "snr"}, *sde);
  SampleConfig given{.solver = "sra1", .times = time_grid("karras", *sde, 20, sde->t_min()), .clock = "snr"};
  const Samples by_times = run(given, *sde);
  CHECK(same_bits(by_times.values, by_grid.values));
  CHECK(by_times.times == by_grid.times);
  CHECK(by_times.nfe == 41);
  given.times[7] = 0.5 * (given.times[6] + given.times[8]);
  CHECK_FALSE(same_bits(run(given, *sde).values, by_grid.values));
  Config file = Config::parse("solver = \"sra1\"\ntimes = [1, 0.5]");
  CHECK(read<SampleConfig>(file).times == std::vector<double>{1, 0.5});
  file.set("times=[1, 0.5, 0.25]");
  CHECK(read<SampleConfig>(file).step_count() == 2);
  // Draws start with the noise of the first time: those of EDM's prior at σ = 80 are eight times too wide at 10.
  const auto edm = make_sde({.kind = "edm"});
  const Tensor start = run({.solver = "edm_heun", .times = {10, 1, 0.1}}, *edm).trajectory.rows(0, 1);
  const Tensor prior = edm->prior({20, 1}, Rng(0), Dtype::f64);
  for (std::int64_t i = 0; i < 20; ++i) CHECK(start.at(i) == Approx(prior.at(i) / 8));
}

TEST_CASE("times that do not fall, or contradict the grid, are refused") {
  const auto sde = make_sde({});
  const auto run = [&](SampleConfig config) { return sample(line.score(*sde), *sde, config, {.shape = {1}}); };
  CHECK_THROWS_WITH(run({.times = {1}}), Catch::Contains("at least two points"));
  CHECK_THROWS_WITH(run({.times = {1, 0.5, 0.5}}), Catch::Contains("[times] expected points that fall"));
  CHECK_THROWS_WITH(run({.times = {1, 0}}), Catch::Contains("stay above 0, got 0 at point 1"));
  CHECK_THROWS_WITH(run({.times = {1.1, 0.5}}), Catch::Contains("ends at t_max = 1, got 1.1"));
  CHECK_THROWS_WITH(run({.steps = 2, .times = {1, 0.5}}), Catch::Contains("leave steps out"));
  CHECK_THROWS_WITH(run({.grid = "karras", .times = {1, 0.5}}), Catch::Contains("leave grid and t_min out"));
  CHECK_THROWS_WITH(run({.times = {1, 0.5}, .t_min = 0.1}), Catch::Contains("leave grid and t_min out"));
  CHECK_NOTHROW(run({.steps = 2, .times = {1, 0.5, 0.1}, .t_min = 0.1}));
}

TEST_CASE("time grids end where they should and are spaced as they say") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    for (const auto& kind : grid_names()) {
      const auto grid = time_grid(kind, *sde, 16, sde->t_min());
      INFO(name << ", " << kind);
      CHECK(grid.size() == 17);
      CHECK(grid.front() == sde->t_max());
      CHECK(grid.back() == sde->t_min());
      for (std::size_t i = 1; i + 1 < grid.size(); ++i) {
        const auto place = [&](double t) {
          const double lambda = sde->marginal(t).lambda();
          return kind == "uniform" ? t : kind == "log_snr" ? lambda : std::exp(-lambda / 7);
        };
        const double left = place(grid[i]) - place(grid[i - 1]), right = place(grid[i + 1]) - place(grid[i]);
        CHECK(left == Approx(right).epsilon(1e-8));
      }
    }
  }
  // [karras2022]: σ of EDM's second point of 18.
  const auto edm = make_sde({.kind = "edm"});
  const double a = std::pow(80, 1.0 / 7), b = std::pow(0.002, 1.0 / 7);
  CHECK(time_grid("karras", *edm, 17, 0.002)[1] == Approx(std::pow(a + (b - a) / 17, 7)).epsilon(1e-9));
}
