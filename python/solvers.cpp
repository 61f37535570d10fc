// Sampling.

#include "fokker/solvers/sampler.h"

#include "fokker/python/keywords.h"
#include "fokker/python/samples.h"
#include "fokker/python/watch.h"
#include "fokker/solvers/registry.h"

namespace fokker::python {
namespace {

py::tuple draw(const py::object& score, const ForwardSde& sde, const py::dict& keywords,
               const std::optional<Shape>& shape, Dtype dtype, int trajectory, const py::object& progress) {
  const auto config = from_keywords<SampleConfig>(keywords);
  const ScoreArgument argument = to_score(score);
  const Shape sample_shape = shape.value_or(argument.sample.value_or(Shape{2}));
  SampleOptions options{.shape = sample_shape, .dtype = dtype, .trajectory = trajectory};
  Samples samples;
  if (argument.python) {
    options.shard = config.n;
    watched_here(progress, [&](Watch&, const auto& report) {
      options.progress = report;
      samples = sample(argument.score, sde, config, options);
    });
  } else {
    watched(progress, [&](Watch& watch) {
      options.progress = [&](std::int64_t done, std::int64_t total) { return watch.report(done, total); };
      samples = sample(argument.score, sde, config, options);
    });
  }
  return py::make_tuple(to_dict(samples), to_dictionary(config));
}

}  // namespace

void bind_solvers(py::module_& m) {
  m.def("draw_samples", &draw, py::arg("score"), py::arg("sde"), py::arg("keywords"), py::arg("shape"),
        py::arg("dtype"), py::arg("trajectory"), py::arg("progress"));
  m.def("solver_names", &solver_names);
  m.def("solver_summaries", [] {
    py::dict table;
    for (const auto& solver : solver_summaries()) table[py::str(solver.name)] = solver.text;
    return table;
  });
  m.def("grid_names", &grid_names);
}

}  // namespace fokker::python
