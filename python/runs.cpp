// Experiments from files, and runs with files or without.

#include <algorithm>

#include "fokker/experiments/applications/own_table.h"
#include "fokker/experiments/cli/command_line.h"
#include "fokker/experiments/data/shipped.h"
#include "fokker/experiments/read_experiment.h"
#include "fokker/experiments/runner.h"
#include "fokker/experiments/saved_run.h"
#include "fokker/python/support/keywords.h"
#include "fokker/python/support/network.h"
#include "fokker/python/support/samples.h"
#include "fokker/python/support/system.h"
#include "fokker/python/support/watch.h"

namespace fokker::python {
namespace {

/// Options of a run under a watch: progress counts within the task at hand.
RunOptions options_under(Watch& watch, const py::object& line) {
  RunOptions options{.command_line = {"python"}};
  options.stop = [&watch] { return watch.cancelled(); };
  options.progress = [&watch](std::string_view, std::int64_t done, std::int64_t total) { watch.report(done, total); };
  if (!line.is_none())
    options.line = [&line](std::string_view text) {
      const py::gil_scoped_acquire gil;
      const SubnormalScope numbers(false);
      line(py::str(text.data(), text.size()));
    };
  return options;
}

std::string run_experiment(const std::string& config, const std::vector<std::string>& overrides, const std::string& out,
                           const py::object& line) {
  const Experiment experiment = read_experiment(find_config(config), overrides);
  RunResult result;
  watched(
      py::none(), [&](Watch& watch) { result = run(experiment, out, options_under(watch, line)); }, Ending::by_itself);
  return result.path.string();
}

std::string resume_run(const std::string& path, const py::object& line) {
  RunResult result;
  watched(
      py::none(), [&](Watch& watch) { result = resume(path, options_under(watch, line)); }, Ending::by_itself);
  return result.path.string();
}

py::tuple sample_run(const SavedRun& self, const py::dict& keywords, int frames, const py::object& progress) {
  auto config = from_keywords(
      keywords, own_samples(self.experiment.sample, Config(to_node(keywords, describe<GenerateConfig>()))));
  config.steps = config.step_count();
  config.use_defaults();
  const py::object no_line = py::none();
  Samples samples;
  watched(progress, [&](Watch& watch) { samples = sample(self.model, config, options_under(watch, no_line), frames); });
  return py::make_tuple(to_dict(samples), to_dictionary(config));
}

NetworkHandle network_of(const SavedRun& self) {
  const NetworkPlan plan = plan_network(self.experiment.network, self.experiment.train, self.model.facts);
  return {
      .config = plan.config, .seed = self.experiment.seed, .network = self.model.system.network, .sample = plan.input};
}

py::object score_of_run(const SavedRun& self) {
  if (!self.score) return py::none();
  return py::cast(ScoreArgument{.score = of_network(self.score), .sample = self.model.sample_shape});
}

/// The experiment as a dictionary.  An SDE that no file can name is known by its name alone.
py::object config_of_run(const SavedRun& self) {
  py::object config = to_dictionary(self.experiment);
  const std::string& kind = self.experiment.sde.kind;
  const auto names = sde_names();
  if (std::ranges::find(names, kind) == names.end()) config["sde"] = py::dict(py::arg("kind") = kind);
  return config;
}

/// Runs the program `fokker` in this process and returns its exit code.
int run_command_line(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const py::gil_scoped_release released;
  return command_line(static_cast<int>(arguments.size()), argv.data());
}

}  // namespace

void bind_runs(py::module_& m) {
  py::class_<SavedRun>(m, "TrainedRun")
      .def(py::init([](const std::string& path, std::optional<double> decay, std::optional<double> length,
                       std::int64_t step) {
             return watched([&] { return open_run(path, {.decay = decay, .length = length, .step = step}); });
           }),
           py::arg("path"), py::arg("decay") = py::none(), py::arg("length") = py::none(), py::arg("step") = 0)
      .def_property_readonly("config", &config_of_run)
      .def_property_readonly("data",
                             [](const SavedRun& self) {
                               const py::gil_scoped_release released;
                               return self.model.data();
                             })
      .def_property_readonly(
          "range",
          [](const SavedRun& self) { return py::make_tuple(self.model.facts.range.low, self.model.facts.range.high); })
      .def_property_readonly(
          "sde", [](const SavedRun& self) { return std::const_pointer_cast<ForwardSde>(share(*self.model.sde)); })
      .def_property_readonly("network", &network_of)
      .def_property_readonly("score", &score_of_run)
      .def_property_readonly("system",
                             [](const SavedRun& self) {
                               return SystemHandle{self.model.system, self.model.sample_shape};
                             })
      .def("held_out_loss", [](const SavedRun& self) { return watched([&] { return held_out_loss(self); }); })
      .def("draw", &sample_run, py::arg("keywords"), py::arg("frames"), py::arg("progress"));
  m.def("run_experiment", &run_experiment, py::arg("config"), py::arg("overrides"), py::arg("out"), py::arg("line"));
  m.def("_set_package_folder", [](const std::string& folder) { set_package_folder(folder); });
  m.def("_command_line", &run_command_line);
  m.def("resume_run", &resume_run, py::arg("path"), py::arg("line"));
  m.def(
      "read_config",
      [](const std::string& path, const std::vector<std::string>& overrides) {
        return to_dictionary(read_experiment(find_config(path), overrides));
      },
      py::arg("path"), py::arg("overrides") = std::vector<std::string>{},
      "Returns an experiment file as a dictionary, checked and with its defaults.");
}

}  // namespace fokker::python
