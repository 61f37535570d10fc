// Sampling.

#include "fokker/solvers/sampler.h"

#include "fokker/core/autodiff.h"
#include "fokker/core/ops/view.h"
#include "fokker/python/keywords.h"
#include "fokker/python/samples.h"
#include "fokker/python/watch.h"
#include "fokker/solvers/adaptive.h"
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

Tensor stacked(std::vector<Tensor> states) {
  for (Tensor& state : states) state = reshape(state, with_axis(state.shape(), 0, 1));
  return concat(states, 0);
}

/// [points, n, …]
Tensor solve_sde(const Sde& sde, const Tensor& x, const std::vector<double>& grid, const std::string& solver,
                 std::uint64_t seed, bool same_path) {
  require<ConfigError>(grid.size() > 1, "[solve] expected at least two times, got {}", grid.size());
  const NoGrad off_tape;
  const auto method = make_solver(solver);
  const Shape shape = sde.noise_shape(x.shape());
  std::unique_ptr<BrownianMotion> noise = std::make_unique<SequentialNoise>(seed, shape, x.dtype());
  if (same_path) noise = std::make_unique<BrownianPath>(seed, shape, grid.front(), grid.back(), x.dtype());
  return stacked(solve_path(sde, *method, *noise, x, grid));
}

/// The same with error control.
Tensor solve_sde_adaptively(const Sde& sde, const Tensor& x, const std::vector<double>& times,
                            const std::string& solver, std::uint64_t seed, double tolerance) {
  require<ConfigError>(times.size() > 1, "[solve] expected at least two times, got {}", times.size());
  for (std::size_t i = 0; i + 1 < times.size(); ++i)
    require<ConfigError>((times[i + 1] > times[i]) == (times[1] > times[0]) && times[i + 1] != times[i],
                         "[solve] expected strictly monotone times, got {} after {}", times[i + 1], times[i]);
  const BrownianRows path(seed, sde.noise_shape(x.shape()), times.front(), times.back(), x.dtype());
  const AdaptiveConfig config{.absolute = tolerance, .relative = tolerance, .frames = times};
  AdaptiveSolution solution = solve_adaptive(sde, *make_solver(solver), path, x, config);
  return stacked(std::move(solution.frames));
}

}  // namespace

void bind_solvers(py::module_& m) {
  m.def("draw_samples", &draw, py::arg("score"), py::arg("sde"), py::arg("keywords"), py::arg("shape"),
        py::arg("dtype"), py::arg("trajectory"), py::arg("progress"));
  m.def("solve_sde", &solve_sde, py::arg("sde"), py::arg("x"), py::arg("grid"), py::arg("solver"), py::arg("seed"),
        py::arg("same_path"), py::call_guard<py::gil_scoped_release>());
  m.def("solve_sde_adaptively", &solve_sde_adaptively, py::arg("sde"), py::arg("x"), py::arg("times"),
        py::arg("solver"), py::arg("seed"), py::arg("tolerance"), py::call_guard<py::gil_scoped_release>());
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
