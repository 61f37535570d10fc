#include "fokker/experiments/cli/arguments.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/runs/provenance.h"

namespace fokker {
namespace {

/// As TOML writes it.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return result + "\"";
}

std::vector<std::string> quoted(const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const auto& text : texts) result.push_back(quoted(text));
  return result;
}

void add_common(CLI::App* command, Arguments& arguments) {
  command->add_option("--threads", arguments.threads, "workers; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  command->add_option("--isa", arguments.isa, "instruction set: baseline, v3 or v4; results depend on it in rounding")
      ->check(CLI::IsMember({"baseline", "v3", "v4"}));
  command->add_flag("--quiet", arguments.quiet, "print errors alone");
}

void add_run(CLI::App& app, const char* name, const char* help, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("config", arguments.target, "a TOML file, or the name of one that comes with Fokker")->required();
  command->add_option("overrides", arguments.overrides, "keys of the file, as train.steps=100");
  command
      ->add_option("-m,--sweep", arguments.sweep, "one run for each value: -m train.batch=32,64; several axes multiply")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--out", arguments.out, "the run's folder; default runs/NAME/TIME-HASH");
  add_common(command, arguments);
}

void add_average(CLI::App* command, Arguments& arguments) {
  CLI::Option* decay = command->add_option("--ema", arguments.average.decay,
                                           "the average of this decay: train.ema or one of train.emas");
  command
      ->add_option("--ema-length", arguments.average.length,
                   "any power-function average of a run with train.ema_lengths")
      ->excludes(decay);
  command->add_option("--ema-step", arguments.average.step, "with --ema-length: until this step; default the last");
}

void add_orders(CLI::App& app, Arguments& arguments) {
  CLI::App* orders = app.add_subcommand("orders", "measure the strong and weak orders that solvers declare");
  orders->add_option("solvers", arguments.solvers, "names of `fokker list solvers`; default: all that declare orders");
  orders->add_option("--paths", arguments.orders.paths, "Brownian paths of a strong order")
      ->check(CLI::Range(std::int64_t{30}, std::int64_t{100'000'000}))
      ->capture_default_str();
  orders->add_option("--seed", arguments.orders.seed, "of the paths")->capture_default_str();
  orders->add_option("--out", arguments.out, "an HDF5 file of the table");
  add_common(orders, arguments);
}

/// `--steps 30` as the key steps=30 of [[sample]].
void add_key(CLI::App* command, Arguments& arguments, const std::string& option, const std::string& key,
             const std::string& help) {
  command->add_option_function<std::string>(
      option, [&arguments, key](const std::string& value) { arguments.flags.push_back(key + "=" + value); }, help);
}

void add_generate(CLI::App& app, Arguments& arguments) {
  CLI::App* command = app.add_subcommand("generate", "new images of a trained run as PNG");
  command->add_option("run", arguments.target, "the folder of the run")->required();
  command->add_option("settings", arguments.overrides, "keys of [[sample]], as solver=sra1 guidance.rescale=0.7");
  command->add_option("--label", arguments.labels, "classes of the images, in turn")
      ->allow_extra_args(false)
      ->delimiter(',');
  command->add_option("--prompt", arguments.prompts, "captions of the images, in turn; several: --prompt A --prompt B")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option_function<std::string>(
      "--negative", [&arguments](const std::string& text) { arguments.flags.push_back("negative=" + quoted(text)); },
      "caption that guidance leads away from");
  add_key(command, arguments, "--guidance", "guidance.strength", "strength towards label or prompt; 1: none");
  add_key(command, arguments, "--n", "n", "images");
  add_key(command, arguments, "--steps", "steps", "of the sampler");
  add_key(command, arguments, "--seed", "seed", "of prior and noise");
  command->add_option("--out", arguments.out,
                      "a PNG file, or a folder for one file each; default RUN/generated-N/images.png");
  add_common(command, arguments);
}

void add_application(CLI::App& app, const ApplicationEntry& entry, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(entry.name, entry.description);
  command->add_option("run", arguments.target, "the folder of the run")->required();
  command->add_option("settings", arguments.overrides, fmt::format("keys of [[{}]]", entry.name));
  command->footer([entry] { return fmt::format("keys:\n{}", fmt::join(key_lines(entry.keys()), "\n")); });
  command->add_option("--image", arguments.images, "a PNG file in place of the run's held-out data; again for more")
      ->allow_extra_args(false);
  command->add_option("--out", arguments.out, "a new folder of pictures and results; default RUN/NAME-N");
  add_common(command, arguments);
}

void add_data(CLI::App& app, Arguments& arguments) {
  CLI::App* data = app.add_subcommand("data", "look at data, and prepare them");
  data->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = data->add_subcommand(name, help);
    command->add_option("source", arguments.target, "as data.source: \"digits\", \"hdf5:PATH#dataset\", …")->required();
    command->callback([&arguments, name] { arguments.action = name; });
    add_common(command, arguments);
    return command;
  };
  add("describe", "shapes, ranges, missing values, classes, copies, outliers, every feature")
      ->add_option("settings", arguments.overrides, "as n=1000");
  CLI::App* prepare = add("prepare", "clean, split, balance and scale; writes what a run can load");
  prepare->add_option("settings", arguments.overrides, "keys of [data], as held_out=0.3 remove_duplicates=true");
  prepare->add_option("--out", arguments.out, "the HDF5 file")->required();
}

}  // namespace

std::vector<std::string> Arguments::all_settings() const {
  std::vector<std::string> all = overrides;
  if (!labels.empty()) all.push_back(fmt::format("labels=[{}]", fmt::join(labels, ",")));
  if (!prompts.empty()) all.push_back(fmt::format("prompts=[{}]", fmt::join(quoted(prompts), ",")));
  all.insert(all.end(), flags.begin(), flags.end());
  return all;
}

void define(CLI::App& app, Arguments& arguments) {
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  add_run(app, "run", "train, sample, evaluate and write results.h5", arguments);
  add_run(app, "train", "train alone; `sample` draws from the run later", arguments);
  CLI::App* sample = app.add_subcommand("sample", "draw more samples from a trained run");
  sample->add_option("run", arguments.target, "the folder of the run")->required();
  sample->add_option("settings", arguments.overrides, "keys of [[sample]], as solver=sra1 steps=50 n=64 seed=1");
  sample->add_option("--out", arguments.out, "the HDF5 file; default RUN/NAME-N/NAME.h5");
  add_average(sample, arguments);
  add_common(sample, arguments);
  CLI::App* ema = app.add_subcommand("ema", "the held-out loss of a run with each of its averages of the weights");
  ema->add_option("run", arguments.target, "the folder of the run")->required();
  ema->add_option("lengths", arguments.lengths, "of power-function averages of a run with train.ema_lengths");
  ema->add_option("--step", arguments.average.step, "until which these average; default the last");
  add_common(ema, arguments);
  add_generate(app, arguments);
  for (const ApplicationEntry& entry : application_entries()) add_application(app, entry, arguments);
  CLI::App* evaluate = app.add_subcommand("evaluate", "compare the samples of a run with its data again");
  evaluate->add_option("run", arguments.target, "the folder of the run")->required();
  evaluate->add_option("settings", arguments.overrides, "keys of [evaluate], as projections=1024");
  add_common(evaluate, arguments);
  CLI::App* compare = app.add_subcommand("compare", "solvers at budgets of score evaluations: ranks, picture, report");
  compare
      ->add_option("config", arguments.target,
                   "a TOML file, or the name of a shipped one, with [target] and tables [[solver]]")
      ->required();
  compare->add_option("overrides", arguments.overrides, "keys of the file, as seeds=10");
  compare->add_option("--out", arguments.out, "the folder of results; default runs/NAME/TIME-HASH");
  add_common(compare, arguments);
  CLI::App* likelihood = app.add_subcommand("likelihood", "bits per dimension of a run's held-out data");
  likelihood->add_option("run", arguments.target, "the folder of the run")->required();
  likelihood->add_option("settings", arguments.overrides, "as n=64 bounds=['discrete','ode'] discrete.steps=1000");
  add_common(likelihood, arguments);
  add_orders(app, arguments);
  add_data(app, arguments);
  CLI::App* resume = app.add_subcommand("resume", "go on with a run that was interrupted or killed");
  resume->add_option("run", arguments.target, "the folder of the run")->required();
  add_common(resume, arguments);
  CLI::App* list = app.add_subcommand("list", "what there is to choose from");
  list->add_option("kind", arguments.target, fmt::format("one of {}", fmt::join(list_kinds(), ", ")));
  CLI::App* info = app.add_subcommand("info", "about a run, or about this program");
  info->add_option("run", arguments.target, "the folder of a run");
}

}  // namespace fokker
