#include "fokker/experiments/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "fokker/experiments/compare/budget.h"
#include "fokker/experiments/compare/errors.h"

namespace fokker {
namespace {

constexpr std::int64_t shown_points = 4000, shown_images = 16;

/// The settings of an entry as text, by key in the order of the field table.
std::vector<std::pair<std::string, std::string>> settings(const SampleConfig& config) {
  std::vector<std::pair<std::string, std::string>> all;
  std::istringstream lines(dump(config));
  for (std::string line, table; std::getline(lines, line);) {
    if (line.starts_with('[')) table = line.substr(1, line.find(']') - 1) + ".";
    const auto equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 3);
    std::erase(value, '"');
    all.emplace_back(table + line.substr(0, equals), value);
  }
  return all;
}

/// The solver's name, followed by the settings that are not default and tell the entry from others of that solver.
std::string default_name(const SampleConfig& entry, const std::vector<SampleConfig>& solvers) {
  SampleConfig plain{.solver = entry.solver};
  plain.use_defaults();
  const auto own = settings(entry), usual = settings(plain);
  std::string name = entry.solver;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto& [key, value] = own[i];
    const bool differs = std::ranges::any_of(solvers, [&](const SampleConfig& other) {
      return other.name.empty() && other.solver == entry.solver && settings(other)[i].second != value;
    });
    if (differs && value != usual[i].second)
      name += key == "clock" || key == "grid" ? " " + value : fmt::format(" {}={}", key, value);
  }
  return name;
}

void name_solvers(std::vector<SampleConfig>& solvers) {
  const std::vector<SampleConfig> given = solvers;
  for (auto& solver : solvers)
    if (solver.name.empty()) solver.name = default_name(solver, given);
  std::set<std::string> names;
  for (const auto& solver : solvers) {
    require<ConfigError>(!solver.name.empty() && names.insert(solver.name).second,
                         "solver: two entries are called {}; give one of them another name", solver.title());
    require<ConfigError>(solver.name.find('/') == std::string::npos, "solver: expected a name without /, got {}",
                         solver.name);
  }
}

class Comparing {
 public:
  Comparing(const CompareTarget& target, const CompareConfig& config, const CompareOptions& options)
      : target_(target), options_(options), path_(target, result_.config) {
    result_.config = resolved(config);
    result_.target = target.description;
    result_.range = target.range;
    result_.metrics = result_.config.metrics;
    for (const auto& metric : compare_metrics())
      if (std::ranges::find(result_.metrics, metric.name) != result_.metrics.end()) metric.check(target);
  }

  Comparison run() {
    plan();
    if (options_.planned) options_.planned();
    for (std::int64_t seed = 0; seed < config().seeds; ++seed) run_seed(seed);
    if (std::ranges::any_of(limits_, &std::optional<PathLimit>::has_value)) result_.metrics.emplace_back("path");
    rank();
    return std::move(result_);
  }

 private:
  const CompareConfig& config() const { return result_.config; }
  std::uint64_t seed_at(std::int64_t index) const { return config().seed + static_cast<std::uint64_t>(index); }

  void show(std::string_view task, std::int64_t done, std::int64_t total) const {
    if (options_.progress && !options_.progress(task, done, total))
      throw Cancelled("[compare] cancelled by the progress callback");
  }

  void plan() {
    const auto solvers = config().solver.size();
    result_.cells.assign(solvers, std::vector<CompareCell>(config().nfe.size()));
    plans_.resize(solvers);
    for (std::size_t s = 0; s < solvers; ++s) {
      show("counting evaluations", static_cast<std::int64_t>(s), static_cast<std::int64_t>(solvers));
      SampleConfig entry = config().solver[s];
      entry.seed = config().seed;
      entry.same_path = config().same_path;
      try {
        plan_solver(s, entry);
      } catch (const ConfigError& error) {
        throw ConfigError(fmt::format("solver \"{}\": {}", entry.title(), error.what()));
      }
    }
    show("counting evaluations", static_cast<std::int64_t>(solvers), static_cast<std::int64_t>(solvers));
  }

  void plan_solver(std::size_t s, const SampleConfig& entry) {
    BudgetPlanner planner(target_, entry);
    for (std::size_t b = 0; b < config().nfe.size(); ++b) {
      const BudgetPlan& plan = plans_[s].emplace_back(planner.plan(config().nfe[b]));
      CompareCell& cell = result_.cells[s][b];
      if (!plan.fits) {
        cell.note = std::isfinite(plan.nfe) ? fmt::format("needs ≥ {:.0f}", std::ceil(plan.nfe))
                                            : "failed: no dry run ended with finite samples";
        continue;
      }
      cell.steps = plan.config.steps;
      if (plan.adaptive) cell.tolerance = plan.config.tolerance;
      total_ += plan.nfe * static_cast<double>(config().n * config().seeds);
    }
    limits_.push_back(path_.limit(entry));
    result_.limits.push_back(limits_[s] ? limits_[s]->text : "");
  }

  void run_seed(std::int64_t index) {
    const Tensor reference = target_.reference(seed_at(index), config().reference ? config().reference : config().n);
    const Tensor exact = target_.exact(seed_at(index), config().n);
    for (const auto& [metric, value] : errors_of(exact, reference, target_, config(), seed_at(index)))
      result_.floor[metric].push_back(value);
    if (index == 0) result_.shown = shown(exact);
    for (std::size_t s = 0; s < plans_.size(); ++s)
      for (std::size_t b = 0; b < plans_[s].size(); ++b)
        if (plans_[s][b].fits) run_cell(s, b, index, reference);
  }

  void run_cell(std::size_t s, std::size_t b, std::int64_t index, const Tensor& reference) {
    CompareCell& cell = result_.cells[s][b];
    SampleConfig run = plans_[s][b].config;
    run.n = config().n;
    run.seed = seed_at(index);
    const double work = plans_[s][b].nfe * static_cast<double>(run.n);
    const auto report = [&](std::int64_t done, std::int64_t total) {
      show(run.title(),
           static_cast<std::int64_t>(done_ + work * static_cast<double>(done) / static_cast<double>(total)),
           static_cast<std::int64_t>(total_));
      return true;
    };
    try {
      const Samples samples = draw(target_, run, report);
      if (kept(cell, samples)) record(cell, samples, run, reference, limits_[s]);
    } catch (const NumericalError& error) {
      cell.note = fmt::format("failed: {}", error.what());
      cell.errors.clear();
    }
    done_ += work;
    report(0, 1);
  }

  /// Notes the cost of the samples, and returns whether errors are wanted: no samples of the cell have failed.
  bool kept(CompareCell& cell, const Samples& samples) const {
    cell.nfe.push_back(samples.nfe);
    cell.seconds.push_back(samples.seconds);
    cell.failures.push_back(samples.failures);
    if (samples.failures > 0) {
      cell.note = fmt::format("failed: {} of {} samples are not finite", samples.failures, config().n);
      cell.errors.clear();
    }
    return cell.note.empty();
  }

  void record(CompareCell& cell, const Samples& samples, const SampleConfig& run, const Tensor& reference,
              const std::optional<PathLimit>& limit) {
    const Tensor values = target_.scaling.invert(samples.values);
    if (run.seed == seed_at(0)) cell.shown = shown(values);
    for (const auto& [metric, value] : errors_of(values, reference, target_, config(), run.seed))
      cell.errors[metric].push_back(value);
    if (limit) cell.errors["path"].push_back(path_.error(*limit, run));
  }

  static Tensor shown(const Tensor& values) {
    return values.rows(0, std::min(values.extent(0), values.rank() == 4 ? shown_images : shown_points));
  }

  void rank() {
    const std::string& metric = config().metrics[0];
    Errors errors(config().nfe.size());
    for (std::size_t b = 0; b < errors.size(); ++b)
      for (const auto& row : result_.cells) {
        const auto own = row[b].errors.find(metric);
        errors[b].push_back(own == row[b].errors.end() ? std::vector<double>{} : own->second);
      }
    result_.rankings =
        rank_solvers(errors, result_.floor.at(metric), {config().confidence, config().margin, metric_range(metric)});
    result_.verdict = verdict_text(result_);
  }

  const CompareTarget& target_;
  const CompareOptions& options_;
  PathReference path_;
  Comparison result_;
  std::vector<std::vector<BudgetPlan>> plans_;
  std::vector<std::optional<PathLimit>> limits_;
  double done_ = 0, total_ = 0;
};

}  // namespace

CompareConfig read_comparison(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  Config document = Config::load(path);
  for (const auto& assignment : overrides) document.set(assignment);
  try {
    return resolved(read<CompareConfig>(document));
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    throw ConfigError(text.starts_with(path.string()) ? text : fmt::format("{}: {}", path.string(), text));
  }
}

CompareConfig resolved(CompareConfig config) {
  require<ConfigError>(config.name.find_first_of("/\\") == std::string::npos && config.name != "..",
                       "name: expected the name of one folder, got {}", config.name);
  require<ConfigError>(!config.nfe.empty(), "nfe: expected budgets of score evaluations, as nfe = [10, 20, 50]");
  require<ConfigError>(!config.metrics.empty(), "metrics: expected at least one, which ranks");
  require<ConfigError>(!config.solver.empty(), "solver: expected one table [[solver]] for each sampler");
  require<ConfigError>(config.reference != 1, "reference: expected 0 (as many as n) or at least 2 samples, got 1");
  std::ranges::sort(config.nfe);
  config.nfe.erase(std::unique(config.nfe.begin(), config.nfe.end()), config.nfe.end());
  const SampleConfig fresh;
  for (const auto& solver : config.solver)
    require<ConfigError>(
        solver.n == fresh.n && solver.seed == fresh.seed && solver.steps == fresh.steps && solver.times.empty() &&
            !solver.same_path,
        "solver \"{}\": steps and times follow from the budgets nfe; n, seed and same_path are those of the "
        "comparison; remove them here",
        solver.title());
  for (auto& solver : config.solver) solver.use_defaults();
  name_solvers(config.solver);
  return config;
}

double Comparison::least_seconds(std::size_t solver, std::size_t budget) const {
  return std::ranges::min(cells[solver][budget].seconds);
}

Interval Comparison::interval(const std::string& metric, std::span<const double> values) const {
  return mean_interval(values, config.confidence, metric_range(metric));
}

Interval Comparison::floor_interval(const std::string& metric) const { return interval(metric, floor.at(metric)); }

std::map<std::string, std::vector<std::string>> Comparison::solvers_by_limit() const {
  std::map<std::string, std::vector<std::string>> groups;
  for (std::size_t s = 0; s < limits.size(); ++s) groups[limits[s]].push_back(config.solver[s].title());
  return groups;
}

Comparison compare(const CompareTarget& target, const CompareConfig& config, const CompareOptions& options) {
  return Comparing(target, config, options).run();
}

}  // namespace fokker
