// The probability-flow ODE: latents, likelihoods, and ODEs in general.

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/runs/data_likelihood.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/watch.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"
#include "fokker/solvers/ode/latent.h"

namespace fokker::python {
namespace {

/// A callable that keeps the tape: it is given tensors and writes its result in ops.
ScoreArgument to_differentiable_score(const py::object& object) {
  if (py::isinstance<ScoreArgument>(object)) return object.cast<ScoreArgument>();
  const Callback callback(object, "score");
  return {.score = to_tensor_function(callback), .sample = {}, .references = {callback.callable}};
}

py::dict to_dict(const Carried& carried) {
  py::dict result;
  result["values"] = to_numpy(carried.x);
  result["evaluations"] = carried.evaluations;
  result["seconds"] = carried.seconds;
  return result;
}

template <auto transport>
py::dict carry_samples(const py::object& score, const ForwardSde& sde, const Tensor& x, const py::dict& keywords,
                       const py::object& progress) {
  const auto config = from_keywords<FlowConfig>(keywords);
  const ScoreArgument argument = to_score(score);
  FlowOptions options;
  Carried carried;
  watched_where(argument.score.whole_batch(), progress, [&](const Report& report) {
    options.progress = report;
    carried = transport(argument.score, sde, x, config, options);
  });
  return to_dict(carried);
}

py::dict to_dict(const Likelihood& likelihood) {
  py::dict result;
  result["log_density"] = to_numpy(likelihood.log_density);
  result["standard_error"] =
      likelihood.standard_error.defined() ? to_numpy(likelihood.standard_error) : py::object(py::none());
  result["latent"] = to_numpy(likelihood.latent.x);
  result["evaluations"] = likelihood.latent.evaluations;
  result["seconds"] = likelihood.latent.seconds;
  return result;
}

py::dict likelihood_of(const py::object& score, const ForwardSde& sde, const Tensor& x, const py::dict& keywords,
                       const py::object& terminal, const py::object& progress) {
  const auto config = from_keywords<LikelihoodConfig>(keywords);
  const ScoreArgument argument = to_differentiable_score(score);
  LikelihoodOptions options;
  if (!terminal.is_none()) {
    Callback density(terminal, "terminal");
    density.any_dtype = true;
    options.terminal = [density](const Tensor& at) { return log_densities(density(at), at, "terminal"); };
  }
  Likelihood found;
  watched_where(argument.score.whole_batch(), progress, [&](const Report& report) {
    options.progress = report;
    found = log_likelihood(argument.score, sde, x, config, options);
  });
  return to_dict(found);
}

/// Runs `work(options)` on a run's held-out data, without the GIL.
template <class Work>
void with_run_options(const py::object& progress, Work&& work) {
  watched(progress, [&](Watch& watch) {
    RunOptions options;
    options.progress = [&](std::string_view, std::int64_t done, std::int64_t total) { watch.report(done, total); };
    options.stop = [&] { return watch.cancelled(); };
    work(options);
  });
}

py::dict likelihood_of_run(const SavedRun& run, const py::dict& keywords, std::int64_t n, const py::object& progress) {
  const auto config = from_keywords<LikelihoodConfig>(keywords);
  Likelihood found;
  with_run_options(progress, [&](const RunOptions& options) { found = held_out_density(run, n, config, options); });
  return to_dict(found);
}

py::dict to_dict(const BoundRow& row) {
  py::dict result, parts;
  for (const auto& [name, nats] : row.parts) parts[py::str(name)] = to_numpy(nats);
  result["bound"] = row.name;
  result["bits"] = to_numpy(row.bits);
  result["mean"] = row.interval.mean;
  result["low"] = row.interval.low;
  result["high"] = row.interval.high;
  result["error"] = row.error;
  result["nfe"] = row.nfe;
  result["seconds"] = row.seconds;
  result["parts"] = parts;
  return result;
}

/// The rows, the kind of bits, and the lines of the table.
py::tuple bits_of_run(const SavedRun& run, const py::dict& keywords, const py::object& progress) {
  const auto config = from_keywords<DataLikelihoodConfig>(keywords);
  DataLikelihood found;
  with_run_options(progress, [&](const RunOptions& options) { found = data_likelihood(run, config, options); });
  py::list rows;
  for (const BoundRow& row : found.rows) rows.append(to_dict(row));
  return py::make_tuple(rows, found.basis, likelihood_lines(found));
}

py::dict bound_of(const py::object& score, const ForwardSde& sde, const Tensor& x, const py::dict& keywords,
                  const py::object& levels, const py::object& progress) {
  const auto config = from_keywords<BoundConfig>(keywords);
  const ScoreArgument argument = to_score(score);
  BoundOptions options;
  if (!levels.is_none()) {
    const auto [count, first, width] = levels.cast<std::tuple<std::int64_t, double, double>>();
    options.levels = {count, first, width};
  }
  VariationalBound found;
  watched_where(argument.score.whole_batch(), progress, [&](const Report& report) {
    options.progress = report;
    found = variational_bound(argument.score, sde, x, config, options);
  });
  py::dict result;
  result["nats"] = to_numpy(found.nats);
  result["standard_error"] = found.standard_error.defined() ? to_numpy(found.standard_error) : py::object(py::none());
  result["prior"] = to_numpy(found.prior);
  result["diffusion"] = to_numpy(found.diffusion);
  result["reconstruction"] = to_numpy(found.reconstruction);
  result["t"] = found.t;
  result["nfe"] = found.nfe;
  result["seconds"] = found.seconds;
  return result;
}

struct OdeArguments {
  std::string method;
  double absolute, relative;
  std::int64_t steps;
  std::vector<double> frames;
};

py::tuple ode(const py::object& field, const Tensor& x, double t0, double t1, const OdeArguments& arguments) {
  const Score call = to_score(field).score;
  const OdeConfig config{.method = arguments.method,
                         .absolute = arguments.absolute,
                         .relative = arguments.relative,
                         .steps = arguments.steps,
                         .frames = arguments.frames};
  OdeSolution solution;
  watched_here(py::none(), [&](Watch&, const auto& report) {
    OdeConfig own = config;
    own.progress = [&](double fraction) {
      if (!report(static_cast<std::int64_t>(100 * fraction), 100)) throw Cancelled("[ode] cancelled");
    };
    solution = solve_ode([&](const Tensor& at, double t) { return call(at, t); }, x, t0, t1, own);
  });
  py::list frames;
  for (const Tensor& frame : solution.frames) frames.append(to_numpy(frame));
  return py::make_tuple(to_numpy(solution.x), frames, solution.evaluations);
}

}  // namespace

void bind_flows(py::module_& m) {
  m.def("encode_samples", &carry_samples<&encode>, py::arg("score"), py::arg("sde"), py::arg("x"), py::arg("keywords"),
        py::arg("progress"));
  m.def("decode_latents", &carry_samples<&decode>, py::arg("score"), py::arg("sde"), py::arg("x"), py::arg("keywords"),
        py::arg("progress"));
  m.def("likelihood_of", &likelihood_of, py::arg("score"), py::arg("sde"), py::arg("x"), py::arg("keywords"),
        py::arg("terminal"), py::arg("progress"));
  m.def("likelihood_of_run", &likelihood_of_run, py::arg("run"), py::arg("keywords"), py::arg("n"),
        py::arg("progress"));
  m.def("bits_of_run", &bits_of_run, py::arg("run"), py::arg("keywords"), py::arg("progress"));
  m.def("bound_of", &bound_of, py::arg("score"), py::arg("sde"), py::arg("x"), py::arg("keywords"), py::arg("levels"),
        py::arg("progress"));
  m.def("slerp", &slerp, py::arg("a"), py::arg("b"), py::arg("weight"),
        "Interpolates on the sphere, sample by sample: weight 0 is a, 1 is b.");
  m.def("ode_method_names", &ode_method_names);
  m.def(
      "integrate_ode",
      [](const py::object& field, const Tensor& x, double t0, double t1, const std::string& method, double absolute,
         double relative, std::int64_t steps, const std::vector<double>& frames) {
        return ode(field, x, t0, t1, {method, absolute, relative, steps, frames});
      },
      py::arg("field"), py::arg("x"), py::arg("t0"), py::arg("t1"), py::arg("method"), py::arg("absolute"),
      py::arg("relative"), py::arg("steps"), py::arg("frames"));
}

}  // namespace fokker::python
