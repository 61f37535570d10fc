// The cost, the bits and the errors of every sampler.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "fokker/core/base/parallel.h"
#include "fokker/core/config/config.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const GaussianMixture line({{-1.5}, {0.5}, {1.2}}, {0.2, 0.3, 0.15}, {2. / 6, 3. / 6, 1. / 6});

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), static_cast<std::size_t>(a.bytes())) == 0;
}

}  // namespace

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
    if (solver == "repaint") {  // each step five times
      CHECK(samples.nfe == 10 * 5);
      continue;
    }
    int each = solver == "heun" || solver == "predictor_corrector" ? 2 : 1;
    for (const auto& known : solver_summaries()) {
      if (known.name != solver) continue;
      if (known.claims) each = known.claims->evaluations;
      if (known.sampler) each = known.sampler->evaluations;
    }
    const int first = solver == "reversible_heun" ? 1 : 0;  // its second solution begins with an evaluation
    if (each > 0) CHECK(samples.nfe == 10 * each + first);
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
  CHECK_THROWS_WITH(run({.solver = "sra4"}), Catch::Contains("did you mean \"sra"));
  CHECK_THROWS_WITH(run({.grid = "karas"}), Catch::Contains("did you mean \"karras\"?"));
  CHECK_THROWS_AS(run({.clock = "sigma"}), ConfigError);
  CHECK_THROWS_AS(run({.clock = "snr", .eta = 0.5}), ConfigError);
  CHECK_THROWS_AS(run({.steps = 0}), ConfigError);
  CHECK_THROWS_AS(run({.n = 0}), ConfigError);
  CHECK_THROWS_AS(run({.t_min = 2}), ConfigError);
}

TEST_CASE("what a configuration leaves open is the solver's own; what it says wins") {
  const auto sde = make_sde({});
  const auto draw = [&](SampleConfig config) {
    config.steps = 8, config.n = 5;
    return sample(line.score(*sde), *sde, config, {.shape = {1}, .allow_failures = true}).values.to_vector();
  };
  for (const std::string& solver : solver_names()) {
    if (solver == "probability_flow" || solver == "gotta_go_fast" || solver == "implicit_euler") continue;
    INFO(solver);
    const SolverDefaults own = defaults_of(solver);
    SampleConfig stated{.solver = solver};
    stated.grid = own.grid, stated.clock = own.clock, stated.denoise = own.denoise;
    CHECK(draw({.solver = solver}) == draw(stated));
  }
  CHECK(std::string(defaults_of("dpmpp_2m").grid) == "log_snr");
  CHECK(std::string(defaults_of("deis_2").grid) == "quadratic");
  CHECK(std::string(defaults_of("edm_heun").grid) == "karras");
  CHECK(draw({.solver = "dpmpp_2m", .grid = "uniform"}) != draw({.solver = "dpmpp_2m"}));
  CHECK(draw({.solver = "deis_2", .denoise = true}) != draw({.solver = "deis_2"}));
  SampleConfig other{.solver = "sea", .eta = 0.5};
  other.use_defaults();
  CHECK(*other.clock == "log_snr");  // the SNR is the clock of eta = 1 alone
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
          if (kind == "uniform" || kind == "quadratic") return kind == "uniform" ? t : std::sqrt(t);
          return kind == "log_snr" ? lambda : std::exp(-lambda / 7);
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
