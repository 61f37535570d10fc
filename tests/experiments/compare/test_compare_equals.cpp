// Verdicts of comparisons of equal samplers, and of one that is worse.

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/compare/compare.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

SampleConfig sampler(const std::string& solver, double t_min, const std::string& name = "") {
  SampleConfig config{.name = name, .solver = solver};
  config.denoise = false, config.t_min = t_min;
  return config;
}

CompareConfig comparison_of(std::vector<SampleConfig> solvers, std::uint64_t seed, std::int64_t n) {
  CompareConfig config;
  config.seed = seed, config.seeds = 5, config.n = n, config.paths = 0, config.projections = 8;
  config.nfe = {5, 10, 20, 40};
  config.metrics = {"sliced_w1"};
  config.solver = std::move(solvers);
  return config;
}

/// Whether a comparison claims that something differs.
bool claims(const std::vector<std::vector<Ranked>>& rankings) {
  return std::ranges::any_of(
      rankings, [](const auto& ranking) { return !ranking[0].exact || !std::ranges::all_of(ranking, &Ranked::tied); });
}

/// Samples of N(0, σ²) at t_min: the noise of a point at 0, which every solver with an exact linear part draws exactly, with
/// its own noise, at any number of steps.
CompareTarget noise_of_a_point(double t_min) {
  CompareTarget target = make_target({}, {});
  const auto sde = target.sde;
  target.shape = {2};
  target.score = [sde](const Tensor& x, double t) {
    const double sigma = sde->marginal(t).sigma;
    return x * (-1 / (sigma * sigma));
  };
  use_reference(target, GaussianMixture({{0.0, 0.0}}, {sde->marginal(t_min).sigma}));
  return target;
}

std::vector<SampleConfig> equals() {
  std::vector<SampleConfig> all{sampler("ancestral", 0.5), sampler("ddim", 0.5), sampler("ddim", 0.5, "half"),
                                sampler("er_sde_1", 0.5)};
  all[2].eta = 0.5;
  return all;
}

}  // namespace

TEST_CASE("compare: of 250 comparisons of equal samplers at most one in twenty claims a difference", "[nightly]") {
  constexpr int repetitions = 250;
  const CompareTarget target = noise_of_a_point(0.5);
  int claimed = 0;
  for (int r = 0; r < repetitions; ++r)
    claimed += claims(compare(target, comparison_of(equals(), 100 * r, 200)).rankings);
  CHECK(claimed <= repetitions * 0.05 + 3 * std::sqrt(repetitions * 0.05 * 0.95));
}

TEST_CASE("compare: a sampler that is really worse is told apart") {
  constexpr int repetitions = 10;
  const CompareTarget target = noise_of_a_point(0.5);
  int found = 0;
  for (int r = 0; r < repetitions; ++r) {
    auto solvers = equals();
    solvers.push_back(sampler("ancestral", 0.2, "damaged"));
    const Ranked last = compare(target, comparison_of(solvers, 100 * r, 1000)).rankings.back().back();
    found += last.solver == 4 && !last.tied && !last.exact;
  }
  CHECK(found >= 0.9 * repetitions);
}

TEST_CASE("compare: one sampler under four names is not told apart by differences of rounding") {
  const CompareTarget target = make_target({}, {});
  std::vector<SampleConfig> names;
  for (const char* solver : {"ancestral", "exponential_euler", "ddim", "euler_maruyama"})
    names.push_back({.solver = solver, .grid = "log_snr"});
  names[2].eta = 1;
  names[3].clock = "snr";
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Comparison comparison = compare(target, comparison_of(names, 100 * seed, 300));
    for (const auto& ranking : comparison.rankings) CHECK(std::ranges::all_of(ranking, &Ranked::tied));
    const auto& last = comparison.rankings.back();
    CHECK(last.back().error.mean != last.front().error.mean);  // by rounding
  }
}
