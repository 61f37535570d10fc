// Comparisons of samplers: budgets, statistics, errors with known values, and verdicts on laws known exactly.

#include <algorithm>
#include <cmath>
#include <limits>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/compare/budget.h"
#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/compare/report.h"
#include "fokker/experiments/compare/run.h"
#include "fokker/solvers/orders/order.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const TargetConfig three_modes{
    .mixture = "own", .means = {{-2}, {0.5}, {2}}, .deviations = {0.3, 0.1, 0.5}, .weights = {1, 1, 2}};

SampleConfig entry(const std::string& solver, const std::string& clock = "snr", const std::string& name = "") {
  SampleConfig config{.name = name, .solver = solver};
  config.clock = clock;
  config.grid = "log_snr";
  return config;
}

CompareConfig comparison_of(std::vector<SampleConfig> solvers, std::vector<std::int64_t> nfe) {
  CompareConfig config;
  config.seeds = 4;
  config.n = 4000;
  config.limit = 500;
  config.nfe = std::move(nfe);
  config.metrics = {"sliced_w1", "energy"};
  config.target = three_modes;
  config.solver = std::move(solvers);
  return config;
}

Comparison compared(const CompareConfig& config) { return compare(make_target(config.target, config.sde), config); }

/// Whether a comparison claims that something differs.
bool claims(const std::vector<std::vector<Ranked>>& rankings) {
  for (const auto& ranking : rankings) {
    if (!ranking[0].exact) return true;
    if (!std::ranges::all_of(ranking, &Ranked::tied)) return true;
  }
  return false;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("compare: Student's interval and the paired test agree with SciPy") {
  const std::vector<double> values = {1, 2, 3, 4}, zero(4);
  const Interval interval = mean_interval(values, 0.95);
  CHECK(interval.mean == Approx(2.5));
  CHECK(interval.high - interval.mean == Approx(2.0542602567605233));  // stats.t.interval
  CHECK(paired_p_value(values, zero) == Approx(0.03046629166217535));  // stats.ttest_rel
  CHECK(paired_p_value(values, values) == 1);
  CHECK(std::isnan(paired_p_value(std::vector{1.0}, std::vector{2.0})));
  CHECK(std::isnan(mean_interval(std::vector{1.0}, 0.95).low));
}

TEST_CASE("compare: Holm's adjustment of known values") {
  const auto adjusted = holm(std::vector{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> wanted = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(adjusted[i] == Approx(wanted[i]));
}

TEST_CASE("compare: the level of a whole verdict holds, and would not with each budget adjusted by itself") {
  constexpr int repetitions = 1500, budgets = 4, solvers = 4, seeds = 5;
  int told_apart = 0, by_budget = 0;
  for (int r = 0; r < repetitions; ++r) {
    const Rng rng(7, Stream::general, r);
    const auto row = [&](int budget, int solver) {
      const Tensor noise =
          rng.fork(static_cast<std::uint64_t>(budget * (solvers + 1) + solver)).normal({seeds}, Dtype::f64);
      return noise.to_vector();
    };
    Errors errors(budgets);
    for (int b = 0; b < budgets; ++b)
      for (int s = 0; s < solvers; ++s) errors[b].push_back(row(b, s));
    const auto exact = row(0, solvers);
    told_apart += claims(rank_solvers(errors, exact, {}));
    bool any = false;
    for (const auto& budget : errors) any |= claims(rank_solvers({budget}, exact, {}));
    by_budget += any;
  }
  CHECK(told_apart <= repetitions * 0.05 + 3 * std::sqrt(repetitions * 0.05 * 0.95));
  CHECK(by_budget > repetitions * 0.08);
}

TEST_CASE("compare: a difference within the margin is none, however sure it is") {
  const std::vector<double> exact = {1, 2, 3, 4}, apart = {1.1, 2.1, 3.1, 4.1};  // deviation 1.29
  CHECK(paired_p_value(apart, exact) < 1e-9);
  CHECK(paired_p_value(apart, exact, 0.11) == 1);
  CHECK(rank_solvers({{exact, apart}}, exact, {.margin = 0.1})[0][1].tied);
  CHECK_FALSE(rank_solvers({{exact, apart}}, exact, {.margin = 0.05})[0][1].tied);
  const std::vector<double> a = {1, 2, 3, 4}, zero(4);
  CHECK(paired_p_value(a, zero, 0.5) == Approx(paired_p_value(std::vector{0.5, 1.5, 2.5, 3.5}, zero)));
}

TEST_CASE("compare: intervals stay within the range of what they are of") {
  const std::vector<double> few = {0.4, 0.24, 0.17}, equal = {0, 0, 0};
  CHECK(mean_interval(few, 0.95).low < 0);
  const Interval positive = mean_interval(few, 0.95, positive_range);
  CHECK(positive.mean == Approx(0.27));
  const double ratio = std::exp(4.302652730 * 0.068068593 / 0.27);  // t(0.975, 2), and the standard error
  CHECK(positive.low == Approx(0.27 / ratio).epsilon(1e-6));
  CHECK(positive.high == Approx(0.27 * ratio).epsilon(1e-6));
  const Interval share = mean_interval(std::vector{0.99, 0.8, 1.0}, 0.95, share_range);
  CHECK(share.low > 0);
  CHECK(share.high < 1);
  CHECK(share.low < 0.93);
  CHECK(share.high > 0.93);
  const Interval estimate = mean_interval(std::vector{-0.01, 0.02, 0.01}, 0.95, {.low = 0, .estimates = true});
  CHECK(estimate.low == 0);
  CHECK(estimate.high > 0.02);
  CHECK(std::isnan(mean_interval(equal, 0.95, positive_range).low));
}

TEST_CASE("compare: a real difference is found, and the ranking is by mean") {
  const std::vector<double> exact = {1, 1.2, 1.1, 0.9};
  const auto ranking =
      rank_solvers({{{3, 3.1, 2.9, 3.2}, {}, {1, 1.1, 0.9, 1.2}, {1.05, 1.0, 1.0, 1.2}}}, exact, {})[0];
  REQUIRE(ranking.size() == 3);
  CHECK(ranking[0].solver == 2);
  CHECK(ranking[1].tied);
  CHECK(ranking[2].solver == 0);
  CHECK_FALSE(ranking[2].tied);
  CHECK(ranking[2].excess.mean == Approx(2));
  CHECK(ranking[0].exact);
  CHECK_FALSE(ranking[2].exact);
}

TEST_CASE("compare: budgets are met by counting, and one step more would not fit") {
  const CompareTarget target = make_target(three_modes, {});
  for (const std::string& name : solver_names()) {
    SampleConfig config = entry(name, "t");
    INFO(name);
    BudgetPlanner planner(target, config);
    const BudgetPlan plan = planner.plan(60);
    REQUIRE(plan.fits);
    config = plan.config;
    config.n = 16;
    const double counted = draw(target, config).nfe;
    CHECK(plan.nfe <= 60);
    if (plan.adaptive || name == "implicit_euler") {  // a mean over samples
      CHECK(counted == Approx(60).epsilon(0.15));
      continue;
    }
    CHECK(counted == plan.nfe);
    ++config.steps;
    double more = std::numeric_limits<double>::infinity();
    try {
      more = draw(target, config).nfe;
    } catch (const ConfigError&) {  // a number of steps that this solver refuses
    }
    CHECK(more > 60);
  }
}

TEST_CASE("compare: a budget below one step says what is needed") {
  CompareConfig config = comparison_of({entry("sea"), entry("sra1")}, {2});
  config.seeds = 2;
  config.n = 100;
  const Comparison comparison = compared(config);
  CHECK(comparison.cells[1][0].note == "needs ≥ 3");
  CHECK(comparison.rankings[0].size() == 1);
  CHECK(has(comparison.verdict[1], "sra1 needs ≥ 3"));
}

TEST_CASE("compare: errors of known value") {
  const CompareTarget target = make_target(three_modes, {});
  CompareConfig config = comparison_of({entry("sea")}, {10});
  config.metrics = {"sliced_w1", "sliced_w2", "mode_weights"};
  const Tensor exact = target.exact(3, 20000);
  const auto shifted = errors_of(exact + 0.25, exact, target, config, 0);
  CHECK(shifted.at("sliced_w1") == Approx(0.25).epsilon(1e-5));
  CHECK(shifted.at("sliced_w2") == Approx(0.25).epsilon(1e-5));
  CHECK(errors_of(exact, exact, target, config, 0).at("mode_weights") < 4 * 0.5 / std::sqrt(20000));
  const auto collapsed = errors_of(Tensor::full({100, 1}, -2), exact, target, config, 0);
  CHECK(collapsed.at("mode_weights") == Approx(0.75).epsilon(1e-3));
}

TEST_CASE("compare: SEA beats ancestral sampling, a damaged sampler is last, equal ones are within noise") {
  SampleConfig damaged = entry("sea", "snr", "damaged");
  damaged.denoise = false;
  damaged.t_min = 0.2;
  const Comparison comparison = compared(comparison_of(
      {entry("euler_maruyama", "snr", "ancestral"), damaged, entry("sea"), entry("sea", "snr", "again")}, {24}));
  const auto& ranking = comparison.rankings[0];
  REQUIRE(ranking.size() == 4);
  CHECK(comparison.config.solver[ranking[0].solver].solver == "sea");
  CHECK(ranking[1].tied);
  CHECK(ranking[1].p == 1);
  CHECK(comparison.config.solver[ranking[2].solver].title() == "ancestral");
  CHECK_FALSE(ranking[2].tied);
  CHECK(comparison.config.solver[ranking[3].solver].title() == "damaged");
  CHECK(has(comparison.verdict[1], "At 24 NFE use sea"));
  CHECK(has(comparison.verdict[1], "Differences between sea and again are within noise"));
  CHECK(comparison.floor_interval("sliced_w1").mean < ranking[2].error.mean);
}

TEST_CASE("compare: the strong error is of the limit that a solver's paths tend to, found by trial") {
  SampleConfig churned = entry("edm_heun", "t");
  churned.churn.amount = 20;
  CompareConfig config =
      comparison_of({entry("heun", "log_snr"), entry("probability_flow", "log_snr"), entry("dpmpp_3m", "t"),
                     entry("ancestral", "t"), entry("shark"), entry("dpmpp_2m_sde", "t"), entry("er_sde_3", "t"),
                     entry("seeds_2", "t"), entry("sea", "log_snr"), entry("predictor_corrector"), churned},
                    {41, 81});
  config.seeds = 2;
  config.n = 200;
  const Comparison comparison = compared(config);
  CHECK(comparison.metrics.back() == "path");
  const auto error = [&](std::size_t s, std::size_t b) { return comparison.cells[s][b].errors.at("path")[0]; };
  for (const std::size_t s : {0, 1, 2}) CHECK(has(comparison.limits[s], "the probability flow"));
  for (const std::size_t s : {3, 4, 5}) CHECK(has(comparison.limits[s], "driven in the SNR"));
  for (const std::size_t s : {6, 7, 8}) CHECK(has(comparison.limits[s], "of its own"));
  for (const std::size_t s : {9, 10}) {  // noise by step, not of a path
    CHECK(comparison.limits[s].empty());
    CHECK(comparison.cells[s][0].errors.count("path") == 0);
  }
  CHECK(error(0, 0) / error(0, 1) > 2.5);
  CHECK(error(0, 0) / error(0, 1) < 7);
  CHECK(error(1, 1) < error(0, 0));
  for (std::size_t s = 2; s < 9; ++s) CHECK(error(s, 1) < error(s, 0));
  config.paths = 0;
  CHECK(compared(config).metrics == config.metrics);
}

TEST_CASE("compare: strong errors fall with the solver's order on one path, and not on another") {
  CompareConfig config = comparison_of({entry("ancestral", "t")}, {400});
  config.n = 400;
  config.paths = 400;
  config.target = {.mixture = "own", .means = {{-1.0}, {0.8}}, .deviations = {0.5, 0.4}, .weights = {0.4, 0.6}};
  const CompareTarget target = make_target(config.target, config.sde);
  PathReference reference(target, config);
  const auto early = [](const std::string& solver, const std::string& clock) {
    SampleConfig run = entry(solver, clock);
    run.denoise = false;
    run.t_min = 0.1;
    return run;
  };
  const auto order = [&](SampleConfig run, const PathLimit& limit) {
    std::vector<double> errors;
    for (run.steps = 64; run.steps <= 512; run.steps *= 2) errors.push_back(reference.error(limit, run));
    return detail::order_of(errors);
  };
  const auto limit_of = [&](const SampleConfig& run) { return reference.limit(run).value(); };
  const SampleConfig ancestral = early("ancestral", "t"), shark = early("shark", "log_snr"),
                     flow = early("dpmpp_2m", "t");
  CHECK(std::abs(order(ancestral, limit_of(ancestral)) - 1) < 0.1);
  CHECK(std::abs(order(shark, limit_of(shark)) - 1.5) < 0.15);  // 1.8 in SNR at these steps
  CHECK(std::abs(order(flow, limit_of(flow)) - 2) < 0.1);
  PathLimit by_step = limit_of(ancestral);
  by_step.fine.same_path = false;
  CHECK(order(ancestral, by_step) < 0.2);
  CHECK(order(early("er_sde_3", "t"), limit_of(ancestral)) < 0.2);  // another diffusion
}

TEST_CASE("compare: a sampler that few steps make worse has no limit for that") {
  CompareConfig config = comparison_of({entry("edm_heun", "t")}, {100});
  config.target = {.mixture = "own", .means = {{-2}, {2}}, .deviations = {0.3}};
  const CompareTarget target = make_target(config.target, config.sde);
  SampleConfig churned = entry("edm_heun", "t");
  churned.grid = "karras";
  PathReference reference(target, config);
  CHECK(has(reference.limit(churned).value().text, "the probability flow"));
  churned.churn.amount = 10;
  CHECK_FALSE(reference.limit(churned).has_value());
}

TEST_CASE("compare: one Brownian path for everything couples the laws at different numbers of steps") {
  CompareConfig config = comparison_of({entry("ancestral", "t")}, {101, 201});
  config.seeds = 6;
  config.paths = 0;
  config.n = 200;
  config.metrics = {"sliced_w1"};
  const auto spread = [&] {
    const Comparison comparison = compared(config);
    const auto &a = comparison.cells[0][0].errors.at("sliced_w1"), &b = comparison.cells[0][1].errors.at("sliced_w1");
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return sum;
  };
  const double apart = spread();
  config.same_path = true;
  CHECK(spread() < 0.5 * apart);
}

TEST_CASE("compare: samples that are not finite are a row of the report, not its end") {
  CompareConfig config = comparison_of({entry("sea"), entry("probability_flow", "log_snr")}, {10});
  config.seeds = 2;
  config.n = 50;
  CompareTarget target = make_target(config.target, config.sde);
  target.score = [](const Tensor& x, double) {
    return Tensor::full(x.shape(), std::numeric_limits<double>::quiet_NaN(), x.dtype());
  };
  const Comparison comparison = compare(target, config);
  CHECK(comparison.rankings[0].empty());
  CHECK(has(comparison.cells[0][0].note, "failed"));
  CHECK(has(comparison.verdict[1], "sea"));
  CHECK(has(comparison_report(comparison), "No solver has a result"));
}

TEST_CASE("compare: the verdict names six solvers within noise at most") {
  std::vector<SampleConfig> solvers;
  for (int i = 0; i < 9; ++i) solvers.push_back(entry("sea", "snr", fmt::format("s{}", i)));
  CompareConfig config = comparison_of(solvers, {10});
  config.seeds = 2;
  config.n = 50;
  CHECK(has(compared(config).verdict[1], "between s0, s1, s2, s3, s4 and 4 others are within noise"));
}

TEST_CASE("compare: the verdict of one seed claims nothing beyond it") {
  CompareConfig config = comparison_of({entry("sea"), entry("sra1")}, {20});
  config.seeds = 1;
  config.n = 200;
  const Comparison comparison = compared(config);
  CHECK(has(comparison.verdict[1], "One seed gives no intervals"));
  CHECK_FALSE(has(comparison.verdict[1], "beats"));
}

TEST_CASE("compare: the report is one page without anything from elsewhere") {
  CompareConfig config = comparison_of({entry("sea"), entry("heun", "log_snr")}, {10, 20});
  config.seeds = 3;
  config.n = 300;
  config.name = "a<b";
  std::string page = comparison_report(compared(config));
  CHECK(has(page, "a&lt;b"));
  CHECK_FALSE(has(page, "a<b"));
  const std::string name_space = "http://www.w3.org/2000/svg";  // an identifier, never fetched
  for (auto at = page.find(name_space); at != std::string::npos; at = page.find(name_space))
    page.erase(at, name_space.size());
  for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "src=\"/"})
    CHECK_FALSE(has(page, outside));
  CHECK(has(page, "<svg"));
  for (const char* number : {">nan", "\"nan", " nan"}) CHECK_FALSE(has(page, number));
  CHECK(has(page, "At 20 NFE use"));
  CHECK(has(page, "slope 3"));
  CHECK(has(page, "strong error"));
}

TEST_CASE("compare: entries are named apart, and settings of the comparison are refused in them") {
  const CompareConfig named =
      resolved(comparison_of({entry("sea", "t"), entry("sea", "snr"), entry("sra1")}, {20, 10, 20}));
  CHECK(named.solver[0].title() == "sea t");
  CHECK(named.solver[1].title() == "sea");  // its own clock
  CHECK(named.solver[2].title() == "sra1");
  SampleConfig churned = entry("edm_heun", "t"), restarted = entry("restart", "t"), half = entry("ddim", "t");
  churned.churn.amount = 20;
  restarted.restart.repeats = 3;
  half.eta = 0.5;
  SampleConfig karras = entry("edm_heun", "t");
  karras.grid = "karras";
  const CompareConfig apart = resolved(comparison_of(
      {entry("edm_heun", "t"), churned, karras, restarted, entry("restart", "t"), half, entry("ddim", "t")}, {10}));
  const std::vector<std::string> wanted = {"edm_heun log_snr",
                                           "edm_heun log_snr churn.amount=20.0",
                                           "edm_heun",
                                           "restart restart.repeats=3",
                                           "restart",
                                           "ddim eta=0.5",
                                           "ddim"};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(apart.solver[i].title() == wanted[i]);
  CHECK(named.nfe == std::vector<std::int64_t>{10, 20});
  CHECK_THROWS_AS(resolved(comparison_of({entry("sea"), entry("sea")}, {10})), ConfigError);
  CHECK_THROWS_AS(resolved(comparison_of({}, {10})), ConfigError);
  CHECK_THROWS_AS(resolved(comparison_of({entry("sea")}, {})), ConfigError);
  SampleConfig stepped = entry("sea");
  stepped.steps = 7;
  CHECK_THROWS_AS(resolved(comparison_of({stepped}, {10})), ConfigError);
  SampleConfig pathed = entry("sea");
  pathed.same_path = true;
  CHECK_THROWS_AS(resolved(comparison_of({pathed}, {10})), ConfigError);
  CHECK_THROWS_AS(make_target({.kind = "run", .run = "nowhere"}, {}), ConfigError);
  CHECK_THROWS_AS(make_target({.mixture = "own"}, {}), ConfigError);
}
