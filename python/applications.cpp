// Uses of a trained run.

#include "fokker/experiments/application_registry.h"

#include "fokker/experiments/saved_run.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

py::dict to_dict(const Findings& findings) {
  py::dict figures, arrays, pictures, charts, tables;
  for (const Figure& f : findings.figures) {
    const auto bound = [&f](double value) { return f.has_interval() ? py::object(py::float_(value)) : py::none(); };
    figures[py::str(f.name)] = py::make_tuple(f.value, bound(f.low), bound(f.high));
  }
  for (const auto& [name, values] : findings.arrays) arrays[py::str(name)] = to_numpy(values);
  for (const Picture& p : findings.pictures) {
    const auto png = encode_png(p.images, p.look);
    pictures[py::str(p.name)] = py::bytes(reinterpret_cast<const char*>(png.data()), png.size());
  }
  for (const Chart& chart : findings.charts) charts[py::str(chart.name)] = chart.svg;
  for (const Table& table : findings.tables) tables[py::str(table.name)] = table.csv;
  using namespace py::literals;
  return py::dict("figures"_a = figures, "arrays"_a = arrays, "pictures"_a = pictures, "charts"_a = charts,
                  "tables"_a = tables);
}

py::tuple apply(const SavedRun& run, const std::string& name, const ApplicationInput& input, const py::dict& keywords,
                const py::object& progress) {
  const ApplicationEntry& entry = application_entry(name);
  const auto [title, application] = entry.with(Config(to_node(keywords, entry.keys())), run.experiment);
  Findings findings;
  watched(progress, [&](Watch& watch) {
    RunOptions options;
    options.stop = [&watch] { return watch.cancelled(); };
    options.progress = [&watch](std::string_view, std::int64_t done, std::int64_t total) { watch.report(done, total); };
    findings = application(run, input, options);
  });
  return py::make_tuple(title, to_dict(findings));
}

}  // namespace

void bind_applications(py::module_& m) {
  m.def(
      "apply",
      [](const SavedRun& run, const std::string& name, const py::object& x, const std::string& argument,
         const py::dict& keywords, const py::object& progress) {
        ApplicationInput input{.name = argument, .judges = run.judges};
        if (!x.is_none()) input.x = to_tensor(x, Dtype::f32, argument.c_str()).detach();
        return apply(run, name, input, keywords, progress);
      },
      py::arg("run"), py::arg("name"), py::arg("x"), py::arg("argument"), py::arg("keywords"), py::arg("progress"));
}

}  // namespace fokker::python
