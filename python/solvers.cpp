// Sampling.

#include "fokker/solvers/sampler.h"

#include "fokker/core/ops/view.h"
#include "fokker/python/keywords.h"
#include "fokker/python/samples.h"
#include "fokker/python/watch.h"
#include "fokker/solvers/registry.h"
#include "fokker/solvers/simulate.h"

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

/// (W, H, K)[: areas + 1], each [steps, n, …].
std::vector<Tensor> brownian_increments(const Shape& shape, const std::vector<double>& grid, std::uint64_t seed,
                                        int areas, bool same_path, Dtype dtype) {
  require<ConfigError>(areas >= 0 && areas <= 2, "[brownian] expected areas 0, 1 or 2, got {}", areas);
  const auto noise = detail::simulation_noise({.seed = seed, .same_path = same_path}, grid, shape, dtype);
  std::vector<std::vector<Tensor>> coefficients(static_cast<std::size_t>(areas) + 1);
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    const BrownianIncrement b = noise->increment(static_cast<std::int64_t>(i), grid[i], grid[i + 1], areas);
    const Tensor* parts[] = {&b.w, &b.h, &b.k};
    for (std::size_t c = 0; c < coefficients.size(); ++c)
      coefficients[c].push_back(parts[c]->view(with_axis(shape, 0, 1)));
  }
  std::vector<Tensor> result;
  for (const auto& steps : coefficients) result.push_back(concat(steps, 0));
  return result;
}

Tensor simulate_sde(const Sde& sde, const Tensor& x, const std::vector<double>& grid, const std::string& solver,
                    std::uint64_t seed, bool same_path, bool path) {
  return simulate(sde, *make_solver(solver), x, grid, {.seed = seed, .same_path = same_path, .all_points = path});
}

}  // namespace

void bind_solvers(py::module_& m) {
  m.def("draw_samples", &draw, py::arg("score"), py::arg("sde"), py::arg("keywords"), py::arg("shape"),
        py::arg("dtype"), py::arg("trajectory"), py::arg("progress"));
  m.def("simulate_sde", &simulate_sde, py::arg("sde"), py::arg("x"), py::arg("grid"), py::arg("solver"),
        py::arg("seed"), py::arg("same_path"), py::arg("path"), py::call_guard<py::gil_scoped_release>());
  m.def("brownian_increments", &brownian_increments, py::arg("shape"), py::arg("grid"), py::arg("seed"),
        py::arg("areas"), py::arg("same_path"), py::arg("dtype"), py::call_guard<py::gil_scoped_release>());
  m.def("stepper_names", &stepper_names);
  m.def("solver_names", &solver_names);
  m.def("solver_summaries", [] {
    py::dict table;
    for (const auto& solver : solver_summaries()) table[py::str(solver.name)] = solver.text;
    return table;
  });
  m.def("grid_names", &grid_names);
}

}  // namespace fokker::python
