// Comparisons of samplers.

#include <algorithm>

#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/compare/plot.h"
#include "fokker/experiments/compare/report.h"
#include "fokker/experiments/compare/run.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

CompareTarget make_target(const ScoreArgument& score, const ForwardSde& sde, const py::object& reference,
                          const std::optional<Shape>& shape) {
  CompareTarget target{.description = "a score under " + sde.name(),
                       .score = score.score,
                       .sde = share(sde),
                       .shape = shape.value_or(score.sample.value_or(Shape{2})),
                       .scaling = {},
                       .range = {},
                       .reference = {},
                       .exact = {}};
  if (py::isinstance<GaussianMixture>(reference)) {
    use_reference(target, reference.cast<const GaussianMixture&>());
    target.description += ", against exact samples of a mixture";
    return target;
  }
  const Tensor samples = to_tensor(reference, Dtype::f32, "reference").detach();
  require<ShapeError>(samples.rank() > 0 && samples.size() > 0, "[reference] expected samples [m, …], got {}",
                      to_string(samples.shape()));
  require_finite(samples, "reference", "leave them out");
  use_reference(target, samples);
  const auto values = samples.data<float>();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  target.range = {*low, *high};
  target.description += fmt::format(", against {} reference samples", samples.extent(0));
  return target;
}

Comparison compare_samplers(const py::object& score, const ForwardSde& sde, const py::object& reference,
                            const std::optional<Shape>& shape, const py::dict& keywords, const py::object& progress) {
  const auto config = from_keywords<CompareConfig>(keywords);
  const ScoreArgument argument = to_score(score);
  const CompareTarget target = make_target(argument, sde, reference, shape);
  Comparison result;
  watched_where(argument.score.whole_batch(), progress, [&](const Report& report) {
    result = compare(target, config, {[&](std::string_view, auto done, auto total) { return report(done, total); }});
  });
  return result;
}

py::tuple bounds(const Interval& interval) { return py::make_tuple(interval.mean, interval.low, interval.high); }

/// One dictionary for each solver at each budget, ranked within the budget.
py::list records(const Comparison& comparison) {
  py::list rows;
  const auto& config = comparison.config;
  const auto add = [&](std::size_t budget, std::size_t solver) {
    const CompareCell& cell = comparison.cells[solver][budget];
    py::dict row;
    row["budget"] = config.nfe[budget];
    row["solver"] = config.solver[solver].title();
    row["steps"] = cell.steps > 0 && cell.tolerance == 0 ? py::object(py::int_(cell.steps)) : py::none();
    row["tolerance"] = cell.tolerance > 0 ? py::object(py::float_(cell.tolerance)) : py::none();
    row["grid"] = *config.solver[solver].grid;
    row["clock"] = *config.solver[solver].clock;
    row["denoise"] = *config.solver[solver].denoise;
    row["note"] = cell.note;
    if (!cell.nfe.empty()) row["nfe"] = mean_interval(cell.nfe, config.confidence).mean;
    if (!cell.seconds.empty()) row["seconds"] = comparison.least_seconds(solver, budget);
    py::dict intervals;
    for (const auto& [metric, values] : cell.errors) {
      row[py::str(metric)] = values;
      intervals[py::str(metric)] = bounds(comparison.interval(metric, values));
    }
    row["intervals"] = intervals;
    rows.append(row);
    return row;
  };
  for (std::size_t b = 0; b < comparison.rankings.size(); ++b) {
    int place = 0;
    for (const Ranked& ranked : comparison.rankings[b]) {
      py::dict row = add(b, ranked.solver);
      row["rank"] = ++place;
      row["error"] = bounds(ranked.error);
      row["p_value"] = ranked.p;
      row["within_noise"] = ranked.tied;
      row["p_value_exact"] = ranked.p_exact;
    }
    for (std::size_t s = 0; s < comparison.cells.size(); ++s)
      if (!comparison.cells[s][b].note.empty()) add(b, s);
  }
  return rows;
}

}  // namespace

void bind_comparison(py::module_& m) {
  py::class_<Comparison>(m, "ComparisonResult", "The result of fokker.compare.")
      .def_property_readonly("config", [](const Comparison& self) { return to_dictionary(self.config); })
      .def_property_readonly("records", &records)
      .def_readonly("metrics", &Comparison::metrics)
      .def_readonly("limits", &Comparison::limits, "The limits that the paths of each solver tend to; empty: no limit.")
      .def_readonly("floor", &Comparison::floor, "The figures of exact samples, by metric and seed.")
      .def_readonly("verdict", &Comparison::verdict, "The verdict in lines: all budgets together, then each.")
      .def_readonly("target", &Comparison::target)
      .def_property_readonly("text", &comparison_table)
      .def_property_readonly("svg", &work_precision_svg)
      .def_property_readonly("html", &comparison_report)
      .def(
          "save", [](const Comparison& self, const std::string& folder) { save_comparison(self, folder); },
          py::arg("folder"));
  m.def("compare_samplers", &compare_samplers, py::arg("score"), py::arg("sde"), py::arg("reference"), py::arg("shape"),
        py::arg("keywords"), py::arg("progress"));
  m.def("metric_title", &metric_title, py::arg("name"));
}

}  // namespace fokker::python
