// Training in memory: a run without files.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "fokker/experiments/saved_run.h"
#include "fokker/experiments/training/metrics_log.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/network.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

TrainConfig training_of(const py::dict& keywords, const Prepared& data) {
  auto config = from_keywords<TrainConfig>(keywords);
  require<ConfigError>(config.emas.empty() && config.ema_lengths.empty(),
                       "train.emas, train.ema_lengths: runs keep these averages in their folders; use fk.run and "
                       "Run.with_ema");
  require<ConfigError>(config.patience == 0 || data.held_out.size() > 0,
                       "train.patience: the training ends by the loss on held-out data, of which there are none");
  return config;
}

/// Builds the network, unless the caller has, to fit the data and the objective.
void build(NetworkHandle& network, const TrainConfig& config, const DataFacts& facts) {
  const NetworkPlan plan = plan_network(network.config, config, facts);
  if (!network.network) network.config = plan.config;
  network.build(plan.input);
}

/// Trains until it is finished or the watch says stop.  Returns the system with the averaged weights.
System trained(Trainer& trainer, std::vector<std::string>& lines, Watch& watch) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<MetricsRow> rows;
  for (bool going = true; going && !trainer.finished();) {
    const StepReport report = trainer.step();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    rows.push_back({.report = report, .seconds = elapsed.count()});
    going = watch.report(report.step, trainer.config().steps);
  }
  for (const MetricsRow& row : rows) lines.push_back(metrics_line(row));
  return trainer.averaged();
}

/// Trains `network` in place.  Returns the run, and the lines that a run with files has in metrics.jsonl.
py::tuple train(NetworkHandle& network, const ForwardSde& sde, const Prepared& data, const py::dict& keywords,
                std::uint64_t seed, const std::vector<std::string>& augment, const py::object& progress) {
  Experiment experiment;
  experiment.name = data.training.name;
  experiment.seed = seed;
  experiment.data = data.config;
  experiment.data.augment = augment;
  experiment.sde = config_of(sde).value_or(SdeConfig{.kind = sde.name()});
  experiment.train = training_of(keywords, data);
  Model model{
      .facts = watched([&] { return facts_of(data); }), .data = data, .sde = {}, .system = {}, .sample_shape = {}};
  model.sample_shape = model.facts.sample_shape;
  build(network, experiment.train, model.facts);
  experiment.network = network.config;
  std::vector<std::string> lines;
  watched(progress, [&](Watch& watch) {
    Trainer trainer(network.network, sde, data.training, experiment.train, seed);
    trainer.augment(Augmentation(augment, data.training.range.low));
    trainer.hold_out(data.held_out);
    model.system = trained(trainer, lines, watch);
  });
  model.system.tokenizer = data.tokenizer;
  return py::make_tuple(SavedRun{trained_run(experiment, std::move(model)), experiment}, lines);
}

}  // namespace

void bind_training(py::module_& m) {
  m.def("train_network", &train, py::arg("network"), py::arg("sde"), py::arg("data"), py::arg("keywords"),
        py::arg("seed"), py::arg("augment"), py::arg("progress"));
}

}  // namespace fokker::python
