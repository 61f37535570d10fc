#include "fokker/experiments/systems_seeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fokker/experiments/report/findings.h"

namespace fokker {
namespace {

/// The seeds of one system and one of its samplers.
struct Row {
  std::string system, sampler;
  std::vector<const TableSystem*> runs;
};

const SampleSet* set_of(const TableSystem& run, const std::string& sampler) {
  const auto found = std::ranges::find(run.sets, sampler, [](const SampleSet& set) { return set.config.title(); });
  return found == run.sets.end() ? nullptr : &*found;
}

std::vector<Row> rows_of(const std::vector<TableSystem>& runs) {
  std::vector<Row> rows;
  for (const auto& run : runs)
    for (const auto& set : run.sets) {
      const auto same = [&](const Row& row) { return row.system == run.name && row.sampler == set.config.title(); };
      if (std::ranges::none_of(rows, same)) rows.push_back({run.name, set.config.title(), {}});
    }
  for (const auto& run : runs) {
    if (std::ranges::find(rows, run.name, &Row::system) == rows.end()) rows.push_back({run.name, "-", {}});
    for (Row& row : rows)
      if (row.system == run.name) row.runs.push_back(&run);
  }
  return rows;
}

std::vector<std::string> metrics_of(const std::vector<TableSystem>& runs) {
  std::vector<std::string> names;
  for (const auto& run : runs)
    for (const auto& set : run.sets)
      for (const auto& metric : set.metrics)
        if (std::ranges::find(names, metric.name) == names.end()) names.push_back(metric.name);
  return names;
}

const MetricResult* metric_of(const SampleSet& set, const std::string& name) {
  const auto found = std::ranges::find(set.metrics, name, &MetricResult::name);
  return found == set.metrics.end() ? nullptr : &*found;
}

bool fails(const TableSystem& run, const std::string& sampler) {
  const SampleSet* set = set_of(run, sampler);
  if (run.failed || !set) return true;
  const MetricResult* modes = metric_of(*set, "modes");
  return modes && modes->value < modes->reference / 2;
}

/// Values value(run, set) of every seed that has numbers.
template <class F>
std::vector<double> over_seeds(const Row& row, F value) {
  std::vector<double> result;
  for (const TableSystem* run : row.runs)
    if (const SampleSet* set = set_of(*run, row.sampler)) result.push_back(value(*run, *set));
  std::erase_if(result, [](double v) { return !std::isfinite(v); });
  return result;
}

std::string cell(const std::vector<double>& values) {
  if (values.empty()) return " - |";
  const Figure figure = mean_figure("", values, positive_range);
  if (!figure.has_interval()) return fmt::format(" {:.3g} |", figure.value);
  return fmt::format(" {:.3g} [{:.3g}, {:.3g}] |", figure.value, figure.low, figure.high);
}

double metric_or_nan(const SampleSet& set, const std::string& name) {
  const MetricResult* metric = metric_of(set, name);
  return metric ? metric->value : std::nan("");
}

std::string line_of(const Row& row, const std::vector<std::string>& metrics, const std::vector<std::string>& bounds) {
  std::string line = fmt::format("| {} | {} |", row.system, row.sampler);
  line += cell(over_seeds(row, [](auto&, auto& set) { return set.samples.nfe; }));
  for (const auto& name : metrics)
    line += cell(over_seeds(row, [&](auto&, auto& set) { return metric_or_nan(set, name); }));
  for (std::size_t i = 0; i < bounds.size(); ++i)
    line += cell(over_seeds(
        row, [&](auto& run, auto&) { return run.bounds.empty() ? std::nan("") : run.bounds[i].interval.mean; }));
  line += cell(over_seeds(row, [](auto& run, auto&) { return run.training_seconds; }));
  line += cell(over_seeds(row, [](auto&, auto& set) {
    return 1e3 * set.samples.seconds / static_cast<double>(set.samples.values.extent(0));
  }));
  const auto failures = std::ranges::count_if(row.runs, [&](auto* run) { return fails(*run, row.sampler); });
  return line + fmt::format(" {} of {} |", failures, row.runs.size());
}

}  // namespace

std::vector<std::string> seeds_table(const std::vector<TableSystem>& runs) {
  const auto rows = rows_of(runs);
  const auto metrics = metrics_of(runs);
  std::vector<std::string> bounds;
  for (const auto& run : runs)
    if (bounds.empty())
      for (const auto& bound : run.bounds) bounds.push_back(bound.name);
  std::string head = "| system | sampler | NFE |";
  for (const auto& name : metrics) head += " " + name + " |";
  for (const auto& name : bounds) head += " bits/dim, " + name + " |";
  head += " training, s | ms a sample | failures |";
  std::string rule = "|";
  for (std::ptrdiff_t i = std::ranges::count(head, '|'); i > 1; --i) rule += "---|";
  std::vector<std::string> lines = {head, rule};
  for (const auto& row : rows) lines.push_back(line_of(row, metrics, bounds));
  const Row real{"real data", rows.front().sampler, rows.front().runs};
  std::string last = "| real data | | |";
  for (const auto& name : metrics)
    last += cell(over_seeds(real, [&](auto&, auto& set) {
      const MetricResult* metric = metric_of(set, name);
      return metric ? metric->reference : std::nan("");
    }));
  for (std::size_t i = 0; i < bounds.size() + 3; ++i) last += " |";
  lines.push_back(last);
  return lines;
}

Hdf5File seeds_file(const std::vector<TableSystem>& runs, const std::string& config) {
  Hdf5File file;
  write_identity(file, "systems", config);
  for (const Row& row : rows_of(runs)) {
    const std::string group = "/systems/" + row.system, inner = group + "/samplers/" + row.sampler;
    const auto write = [&](const std::string& path, auto value) {
      std::vector<double> values;
      for (const TableSystem* run : row.runs) values.push_back(value(*run));
      file.write(path, Tensor::from(values, {std::ssize(values)}, Dtype::f64), {"seed"});
    };
    const auto of_set = [&](auto value) {
      return [value, &row](const TableSystem& run) {
        const SampleSet* set = set_of(run, row.sampler);
        return set ? value(*set) : std::nan("");
      };
    };
    for (const auto& name : metrics_of(runs))
      write(inner + "/" + name, of_set([&](const SampleSet& set) { return metric_or_nan(set, name); }));
    write(inner + "/nfe", of_set([](const SampleSet& set) { return set.samples.nfe; }));
    write(inner + "/seconds", of_set([](const SampleSet& set) { return set.samples.seconds; }));
    write(inner + "/failed", [&](const TableSystem& run) { return fails(run, row.sampler) ? 1.0 : 0.0; });
    for (const auto& bound : row.runs.front()->bounds)
      write(inner + "/bits_" + bound.name, [&](const TableSystem& run) {
        const auto found = std::ranges::find(run.bounds, bound.name, &BoundRow::name);
        return found == run.bounds.end() ? std::nan("") : found->interval.mean;
      });
    write(inner + "/training_seconds",
          [](const TableSystem& run) { return run.failed ? std::nan("") : run.training_seconds; });
  }
  return file;
}

}  // namespace fokker
