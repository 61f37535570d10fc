// Measured orders.

#include "fokker/experiments/compare/order_report.h"
#include "fokker/python/support/bindings.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

py::dict record(const OrderRow& row) {
  py::dict values;
  values["solver"] = row.solver;
  values["order"] = row.kind;
  values["problem"] = row.problem;
  values["noise"] = to_string(row.noise);
  values["calculus"] = calculus_of(row);
  values["declared"] = row.declared;
  values["measured"] = row.measured.value;
  values["half_width"] = row.measured.half_width;
  values["evaluations"] = row.evaluations;
  values["verdict"] = row.verdict();
  return values;
}

/// One dictionary for each order, and the lines of text of the command.
py::tuple measure(const std::vector<std::string>& solvers, std::int64_t paths, std::uint64_t seed,
                  const py::object& progress) {
  std::vector<OrderRow> rows;
  watched(progress, [&](Watch& watch) {
    StrongOrderConfig config{.paths = paths, .seed = seed};
    config.progress = [&](std::int64_t done, std::int64_t total) { return watch.report(done, total); };
    rows = order_table(solvers, config);
  });
  py::list records;
  for (const OrderRow& row : rows) records.append(record(row));
  return py::make_tuple(records, order_lines(rows));
}

}  // namespace

void bind_orders(py::module_& m) {
  m.def("measure_orders", &measure, py::arg("solvers"), py::arg("paths"), py::arg("seed"), py::arg("progress"));
}

}  // namespace fokker::python
