// Sampling.

#include "fokker/solvers/sampling/sampler.h"

#include <algorithm>

#include "fokker/core/ops/view.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/samples.h"
#include "fokker/python/support/watch.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/steppers/adaptive.h"
#include "fokker/solvers/steppers/adjoint.h"
#include "fokker/solvers/steppers/simulate.h"

namespace fokker::python {
namespace {

py::tuple draw(const py::object& score, const ForwardSde& sde, const py::dict& keywords,
               const std::optional<Shape>& shape, Dtype dtype, int trajectory, const py::object& progress) {
  auto config = from_keywords<SampleConfig>(keywords);
  config.steps = config.step_count();
  config.use_defaults();
  const ScoreArgument argument = to_score(score);
  const Shape sample_shape = shape.value_or(argument.sample.value_or(Shape{2}));
  SampleOptions options{.shape = sample_shape, .dtype = dtype, .trajectory = trajectory};
  Samples samples;
  watched_where(argument.score.whole_batch(), progress, [&](const Report& report) {
    options.progress = report;
    samples = sample(argument.score, sde, config, options);
  });
  return py::make_tuple(to_dict(samples), to_dictionary(config));
}

/// Stacks points of shape `state` to [points, …].
Tensor stack(std::vector<Tensor> points, const Shape& state) {
  for (Tensor& point : points) point = reshape(point, with_axis(state, 0, 1));
  return concat(points, 0);
}

/// The arrays (W, H, K)[: areas + 1], each [steps, n, …].
std::vector<Tensor> brownian_increments(const Shape& shape, const std::vector<double>& grid, std::uint64_t seed,
                                        int areas, bool same_path, Dtype dtype) {
  require<ShapeError>(shape.rank() > 0, "[brownian] expected a shape [n, …], got a scalar's");
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

struct SolveConfig {
  std::string solver = "euler_maruyama";
  std::uint64_t seed = 0;
  bool same_path = false;
  std::string adjoint;
  std::int64_t segment = 0;
  std::optional<double> tolerance;

  static constexpr auto fields = std::tuple{
      field("solver", &SolveConfig::solver, "stepper that solves the SDE", one_of(stepper_names)),
      field("seed", &SolveConfig::seed, "seed of the Brownian motion"),
      field("same_path", &SolveConfig::same_path, "takes one Brownian path for any times"),
      field("adjoint", &SolveConfig::adjoint, "way in which gradients flow",
            one_of("tape", "checkpoint", "reversible")),
      field("segment", &SolveConfig::segment, "number of steps between two checkpoints", at_least(0)),
      field("tolerance", &SolveConfig::tolerance, "absolute and relative tolerance of error control", above(0))};
};

/// The states [frames, n, …], with error control.
Tensor solve_adaptively(const Sde& sde, const Tensor& x, const SolveConfig& config, const std::vector<double>& grid,
                        const std::vector<double>& frames, const Report& report) {
  require<ConfigError>(config.adjoint.empty(), "[solve] error control has no adjoint: leave out tolerance or adjoint");
  require<ConfigError>(
      grid.size() > 1 &&
          std::ranges::adjacent_find(
              grid, [&](double a, double b) { return !((b > a) == (grid[1] > grid[0]) && b != a); }) == grid.end(),
      "[solve] expected strictly monotone times, at least two");
  const BrownianRows path(config.seed, sde.noise_shape(x.shape()), grid.front(), grid.back(), x.dtype());
  const double tolerance = *config.tolerance;
  AdaptiveConfig adaptive{.absolute = tolerance, .relative = tolerance, .frames = frames};
  if (report) adaptive.progress = [&](double fraction) { report(static_cast<std::int64_t>(100 * fraction), 100); };
  return stack(solve_adaptive(sde, *make_solver(config.solver), path, x, adaptive).frames, x.shape());
}

/// The states [frames, n, …], on the tape where an adjoint is named.
Tensor solve_by(const std::shared_ptr<Sde>& sde, const Tensor& x, const SolveConfig& config,
                const std::array<std::vector<double>, 2>& grid_and_frames, const std::vector<Tensor>& parameters,
                const Report& report) {
  const auto& [grid, frames] = grid_and_frames;
  if (config.tolerance) return solve_adaptively(*sde, x, config, grid, frames, report);
  const SimulationConfig simulation{.seed = config.seed, .same_path = config.same_path, .frames = frames};
  if (config.adjoint.empty()) return simulate(*sde, *make_solver(config.solver), x, grid, simulation);
  return solve({.sde = sde,
                .solver = make_solver(config.solver),
                .noise = detail::simulation_noise(simulation, grid, sde->noise_shape(x.shape()), x.dtype()),
                .grid = grid,
                .frames = frames,
                .parameters = parameters,
                .adjoint = adjoint(config.adjoint),
                .segment = config.segment},
               x);
}

Tensor solve_sde(const py::object& object, const Tensor& x, const py::dict& keywords,
                 const std::array<std::vector<double>, 2>& grid_and_frames, const std::vector<Tensor>& parameters) {
  const auto config = from_keywords<SolveConfig>(keywords);
  // What stays on the tape keeps the Python object alive, and with it the functions that it was made of.
  const std::shared_ptr<Sde> sde(keep(object), object.cast<std::shared_ptr<Sde>>().get());
  Tensor path;
  watched_where(!sde->takes_shards(), py::none(),
                [&](const Report& report) { path = solve_by(sde, x, config, grid_and_frames, parameters, report); });
  return path;
}

}  // namespace

void bind_solvers(py::module_& m) {
  m.def("draw_samples", &draw, py::arg("score"), py::arg("sde"), py::arg("keywords"), py::arg("shape"),
        py::arg("dtype"), py::arg("trajectory"), py::arg("progress"));
  m.def("solve_sde", &solve_sde, py::arg("sde"), py::arg("x"), py::arg("keywords"), py::arg("grid_and_frames"),
        py::arg("parameters"));
  m.def(
      "brownian_increments",
      [](const Shape& shape, const std::vector<double>& grid, std::uint64_t seed, int areas, bool same_path,
         Dtype dtype) {
        return watched([&] { return brownian_increments(shape, grid, seed, areas, same_path, dtype); });
      },
      py::arg("shape"), py::arg("grid"), py::arg("seed"), py::arg("areas"), py::arg("same_path"), py::arg("dtype"));
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
