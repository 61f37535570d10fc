// results.h5 of a comparison.

#include <fmt/ranges.h>

#include <cmath>
#include <limits>

#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/compare/run.h"
#include "fokker/experiments/runs/results.h"

namespace fokker {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
using Values = std::vector<double>;

std::vector<std::int64_t> seeds_of(const CompareConfig& config) {
  std::vector<std::int64_t> seeds;
  for (std::int64_t i = 0; i < config.seeds; ++i) seeds.push_back(static_cast<std::int64_t>(config.seed) + i);
  return seeds;
}

void write_axis(Hdf5File& file, const std::string& group, const char* name, const std::vector<std::int64_t>& values) {
  file.write(group + "/" + name, std::span<const std::int64_t>(values), {static_cast<std::int64_t>(values.size())},
             {name});
}

void write_axes(Hdf5File& file, const std::string& group, const CompareConfig& config) {
  write_axis(file, group, "budget", config.nfe);
  write_axis(file, group, "seed", seeds_of(config));
}

/// [budget, seed]; NaN where there is no value.
template <class Row>
void write_table(Hdf5File& file, const std::string& path, const std::vector<CompareCell>& row,
                 const CompareConfig& config, Row values_of) {
  const auto seeds = static_cast<std::size_t>(config.seeds);
  Values table(row.size() * seeds, missing);
  for (std::size_t b = 0; b < row.size(); ++b) {
    const Values values = values_of(row[b]);
    std::copy(values.begin(), values.end(), table.begin() + static_cast<std::ptrdiff_t>(b * seeds));
  }
  file.write(path, Tensor::from(table, {static_cast<std::int64_t>(row.size()), config.seeds}, Dtype::f64),
             {"budget", "seed"});
}

/// [budget]
template <class Value>
void write_column(Hdf5File& file, const std::string& path, const std::vector<CompareCell>& row, Value value_of) {
  Values column;
  for (const auto& cell : row) column.push_back(value_of(cell));
  file.write(path, Tensor::from(column, {static_cast<std::int64_t>(column.size())}, Dtype::f64), {"budget"});
}

void write_solver(Hdf5File& file, const Comparison& comparison, std::size_t s) {
  const auto& config = comparison.config;
  const auto& row = comparison.cells[s];
  const std::string group = "/compare/" + config.solver[s].title();
  write_axes(file, group, config);
  write_column(file, group + "/steps", row, [](const CompareCell& cell) {
    return cell.steps == 0 || cell.tolerance > 0 ? missing : static_cast<double>(cell.steps);
  });
  write_column(file, group + "/tolerance", row,
               [](const CompareCell& cell) { return cell.tolerance > 0 ? cell.tolerance : missing; });
  write_table(file, group + "/nfe", row, config, [](const CompareCell& cell) { return cell.nfe; });
  write_table(file, group + "/failures", row, config,
              [](const CompareCell& cell) { return Values(cell.failures.begin(), cell.failures.end()); });
  write_table(file, group + "/wall_time", row, config, [](const CompareCell& cell) { return cell.seconds; });
  file.set_attribute(group + "/wall_time", "units", Attribute("s"));
  for (const auto& metric : comparison.metrics) {
    write_table(file, group + "/" + metric, row, config, [&](const CompareCell& cell) {
      const auto own = cell.errors.find(metric);
      return own == cell.errors.end() ? Values{} : own->second;
    });
    file.set_attribute(group + "/" + metric, "long_name", Attribute(metric_title(metric)));
  }
  file.set_attribute(group, "sampler", Attribute(config.solver[s].solver));
  file.set_attribute(group, "sampler_config", Attribute(dump(config.solver[s])));
  std::string notes;
  for (std::size_t b = 0; b < row.size(); ++b)
    if (!row[b].note.empty()) notes += fmt::format("{} NFE: {}\n", config.nfe[b], row[b].note);
  file.set_attribute(group, "path_limit", Attribute(comparison.limits[s]));
  file.set_attribute(group, "notes", Attribute(notes));
}

void write_floor(Hdf5File& file, const Comparison& comparison) {
  write_axis(file, "/floor", "seed", seeds_of(comparison.config));
  for (const auto& [metric, values] : comparison.floor)
    file.write("/floor/" + metric, Tensor::from(values, {comparison.config.seeds}, Dtype::f64), {"seed"});
}

/// Places, means and p-values by budget and solver, the solvers in the order of the attribute `solvers`.
void write_ranking(Hdf5File& file, const Comparison& comparison) {
  const auto solvers = comparison.cells.size(), budgets = comparison.rankings.size();
  Values place(budgets * solvers, missing), mean = place, low = place, high = place, p = place, exact = place;
  for (std::size_t b = 0; b < budgets; ++b)
    for (std::size_t i = 0; i < comparison.rankings[b].size(); ++i) {
      const Ranked& ranked = comparison.rankings[b][i];
      const std::size_t at = b * solvers + ranked.solver;
      place[at] = static_cast<double>(i + 1);
      mean[at] = ranked.error.mean;
      low[at] = ranked.error.low;
      high[at] = ranked.error.high;
      p[at] = ranked.p;
      exact[at] = ranked.p_exact;
    }
  std::vector<std::int64_t> index(solvers);
  for (std::size_t s = 0; s < solvers; ++s) index[s] = static_cast<std::int64_t>(s);
  write_axis(file, "/ranking", "budget", comparison.config.nfe);
  write_axis(file, "/ranking", "solver", index);
  const Shape shape{static_cast<std::int64_t>(budgets), static_cast<std::int64_t>(solvers)};
  const auto write = [&](const char* name, const Values& values) {
    file.write(std::string("/ranking/") + name, Tensor::from(values, shape, Dtype::f64), {"budget", "solver"});
  };
  write("place", place);
  write("mean", mean);
  write("low", low);
  write("high", high);
  write("p_value", p);
  write("p_value_exact", exact);
  std::vector<std::string> names;
  for (const auto& solver : comparison.config.solver) names.push_back(solver.title());
  file.set_attribute("/ranking", "solvers", Attribute(fmt::format("{}", fmt::join(names, "\n"))));
  file.set_attribute("/ranking", "metric", Attribute(comparison.config.metrics[0]));
  file.set_attribute("/ranking", "margin", Attribute(comparison.config.margin));
}

}  // namespace

Hdf5File comparison_file(const Comparison& comparison) {
  Hdf5File file;
  const std::string config = dump(comparison.config);
  write_identity(file, "sde-compare", config);
  file.set_attribute("/", "target", Attribute(comparison.target));
  file.write_text("/provenance/verdict", fmt::format("{}", fmt::join(comparison.verdict, "\n")));
  for (std::size_t s = 0; s < comparison.cells.size(); ++s) write_solver(file, comparison, s);
  write_floor(file, comparison);
  write_ranking(file, comparison);
  return file;
}

}  // namespace fokker
