// The probability-flow ODE: latents, likelihoods, and ODEs in general.

#include "fokker/core/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/data_likelihood.h"
#include "fokker/python/keywords.h"
#include "fokker/python/watch.h"
#include "fokker/solvers/latent.h"
#include "fokker/solvers/likelihood.h"

namespace fokker::python {
namespace {

/// A callable that keeps the tape: it is given tensors and writes its result in ops.
ScoreArgument to_differentiable_score(const py::object& object) {
  if (py::isinstance<ScoreArgument>(object)) return object.cast<ScoreArgument>();
  const TensorFunction call = to_tensor_function(object, "score");
  return {.score = [call](const Tensor& x, double t) { return call(x, t); }, .python = true};
}

/// `work(options)` without the GIL, on all workers, or with all samples in one shard where Python is called back.
template <class Work>
void under_watch(const py::object& progress, bool python, std::int64_t samples, FlowOptions& options, Work&& work) {
  if (python) {
    options.shard = samples;
    watched_here(progress, [&](Watch&, const auto& report) {
      options.progress = report;
      work();
    });
  } else {
    watched(progress, [&](Watch& watch) {
      options.progress = [&](std::int64_t done, std::int64_t total) { return watch.report(done, total); };
      work();
    });
  }
}

py::dict to_dict(const Carried& carried) {
  py::dict result;
  result["values"] = to_numpy(carried.x);
  result["evaluations"] = carried.evaluations;
  result["seconds"] = carried.seconds;
  return result;
}

std::int64_t samples_of(const Tensor& x) { return x.rank() > 0 ? x.extent(0) : 0; }

template <auto transport>
py::dict carry_samples(const py::object& score, const ForwardSde& sde, const Tensor& x, const py::dict& keywords,
                       const py::object& progress) {
  const auto config = from_keywords<FlowConfig>(keywords);
  const ScoreArgument argument = to_score(score);
  FlowOptions options;
  Carried carried;
  under_watch(progress, argument.python, samples_of(x), options,
              [&] { carried = transport(argument.score, sde, x, config, options); });
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
  if (!terminal.is_none())
    options.terminal = [&](const Tensor& at) {
      const py::gil_scoped_acquire gil;
      return to_tensor(terminal(to_numpy(at))).detach();
    };
  Likelihood found;
  under_watch(progress, argument.python, samples_of(x), options,
              [&] { found = log_likelihood(argument.score, sde, x, config, options); });
  return to_dict(found);
}

py::dict likelihood_of_run(const TrainedRun& run, const py::dict& keywords, const py::object& progress) {
  const auto config = from_keywords<DataLikelihoodConfig>(keywords);
  DataLikelihood found;
  watched(progress, [&](Watch& watch) {
    RunOptions options;
    options.progress = [&](std::string_view, std::int64_t done, std::int64_t total) { watch.report(done, total); };
    options.stop = [&] { return watch.cancelled(); };
    found = data_likelihood(run, config, options);
  });
  return to_dict(found.likelihood);
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
  m.def("likelihood_of_run", &likelihood_of_run, py::arg("run"), py::arg("keywords"), py::arg("progress"));
  m.def("slerp", &slerp, py::arg("a"), py::arg("b"), py::arg("weight"),
        "Spherical interpolation, sample by sample: weight 0 is a, 1 is b.");
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
