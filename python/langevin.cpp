// Langevin chains and their diagnostics.

#include "fokker/python/support/keywords.h"
#include "fokker/python/support/watch.h"
#include "fokker/solvers/langevin/chains.h"
#include "fokker/solvers/langevin/diagnostics.h"

namespace fokker::python {
namespace {

struct TargetArgument {
  Target target;
  std::optional<Shape> sample = {};
  bool python = false;  // its score or log density calls back into Python
};

TargetArgument to_target(const py::object& law, double t, const py::object& log_density) {
  if (py::isinstance<GaussianMixture>(law)) {
    const auto& mixture = law.cast<const GaussianMixture&>();
    return {target(mixture), Shape{mixture.dimension()}};
  }
  const ScoreArgument score = to_score(law);
  TargetArgument argument{{score.score, t}, score.sample, score.score.whole_batch()};
  // A test of acceptance would silently reject values that are not numbers, for ever.
  if (argument.python)
    argument.target.score = Score::whole([part = score.score](const Tensor& x, double at) {
      const Tensor force = part(x, at);
      require_numbers(force, x, "score");
      return force;
    });
  if (log_density.is_none()) return argument;
  argument.target.log_density = [density = Callback(log_density, "log_density")](const Tensor& x) {
    return log_densities(density(x), x, "log_density");
  };
  argument.python = true;
  return argument;
}

py::dict chains(const py::object& law, double t, const py::object& log_density, const py::dict& keywords,
                const std::optional<Shape>& shape, Dtype dtype, const py::object& start, const py::object& progress) {
  const auto config = from_keywords<ChainConfig>(keywords);
  const TargetArgument argument = to_target(law, t, log_density);
  ChainOptions options{.shape = shape.value_or(argument.sample.value_or(Shape{2})), .dtype = dtype};
  if (!start.is_none()) options.start = to_tensor(start, dtype).detach();
  Chains result;
  if (argument.python) options.shard = config.chains;
  watched_where(argument.python, progress, [&](const Report& report) {
    options.progress = report;
    result = run_chains(argument.target, config, options);
  });
  py::dict dictionary;
  dictionary["draws"] = to_numpy(result.draws);
  dictionary["acceptance"] = to_numpy(Tensor::from(result.acceptance, {config.chains}, Dtype::f64));
  dictionary["steps"] = to_numpy(Tensor::from(result.steps, {config.chains}, Dtype::f64));
  dictionary["evaluations"] = result.evaluations;
  dictionary["seconds"] = result.seconds;
  dictionary["config"] = to_dictionary(config);
  return dictionary;
}

/// The columns mean, deviation, error, bulk and tail ESS and R-hat, with a row for each component.
Tensor summary(const Tensor& draws) {
  std::vector<double> values;
  for (const ChainSummary& row : summarise(draws))
    values.insert(values.end(), {row.mean, row.deviation, row.error, row.bulk_ess, row.tail_ess, row.rhat});
  const auto rows = static_cast<std::int64_t>(values.size() / 6);
  return Tensor::from(values, {rows, 6}, Dtype::f64);
}

}  // namespace

void bind_langevin(py::module_& m) {
  m.def("langevin_chains", &chains, py::arg("law"), py::arg("t"), py::arg("log_density"), py::arg("keywords"),
        py::arg("shape"), py::arg("dtype"), py::arg("start"), py::arg("progress"));
  m.def("langevin_methods", [] {
    py::dict table;
    for (const LangevinMethod& method : langevin_methods()) table[py::str(method.name)] = method.text;
    return table;
  });
  m.def(
      "chain_summary", [](const Tensor& draws) { return to_numpy(watched([&] { return summary(draws); })); },
      py::arg("draws"));
  m.def(
      "autocorrelation",
      [](const Tensor& draws, int lags) {
        const auto values = watched([&] { return autocorrelation(draws.to_vector(), lags); });
        return to_numpy(Tensor::from(values, {static_cast<std::int64_t>(values.size())}, Dtype::f64));
      },
      py::arg("draws"), py::arg("lags"));
}

}  // namespace fokker::python
