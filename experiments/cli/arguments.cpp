#include "fokker/experiments/cli/arguments.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/runs/provenance.h"

namespace fokker {
namespace {

/// The text as TOML writes it.
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
  command->add_option("--threads", arguments.threads, "number of worker threads; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  command->add_option("--isa", arguments.isa, "instruction set: baseline, v3 or v4; it changes results in rounding")
      ->check(CLI::IsMember({"baseline", "v3", "v4"}));
  command->add_flag("--quiet", arguments.quiet, "print nothing but errors");
}

void add_run(CLI::App& app, const char* name, const char* help, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("config", arguments.target, "a TOML file, or the name of a config that comes with Fokker")
      ->required();
  command->add_option("overrides", arguments.overrides, "keys of the file with new values, such as train.steps=100");
  command
      ->add_option("-m,--sweep", arguments.sweep,
                   "make one run for each value: -m train.batch=32,64; several axes multiply")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--out", arguments.out, "the folder of the run; default runs/NAME/TIME-HASH");
  add_common(command, arguments);
}

void add_average(CLI::App* command, Arguments& arguments) {
  CLI::Option* decay = command->add_option("--ema", arguments.average.decay,
                                           "decay of the average to use: train.ema or one of train.emas");
  command
      ->add_option("--ema-length", arguments.average.length,
                   "length of a power-function average to use, in a run with train.ema_lengths")
      ->excludes(decay);
  command->add_option("--ema-step", arguments.average.step,
                      "step until which the average of --ema-length goes; default the last");
}

void add_orders(CLI::App& app, Arguments& arguments) {
  CLI::App* orders = app.add_subcommand("orders", "measure the strong and weak orders that solvers declare");
  orders->add_option("solvers", arguments.solvers,
                     "names of solvers, which `fokker list solvers` shows; default: all that declare orders");
  orders->add_option("--paths", arguments.orders.paths, "number of Brownian paths for a strong order")
      ->check(CLI::Range(std::int64_t{30}, std::int64_t{100'000'000}))
      ->capture_default_str();
  orders->add_option("--seed", arguments.orders.seed, "seed of the paths")->capture_default_str();
  orders->add_option("--out", arguments.out, "an HDF5 file to write the table to");
  add_common(orders, arguments);
}

/// Adds an option such as `--steps 30`, which becomes the key steps=30 of [[sample]].
void add_key(CLI::App* command, Arguments& arguments, const std::string& option, const std::string& key,
             const std::string& help) {
  command->add_option_function<std::string>(
      option, [&arguments, key](const std::string& value) { arguments.flags.push_back(key + "=" + value); }, help);
}

void add_generate(CLI::App& app, Arguments& arguments) {
  CLI::App* command = app.add_subcommand("generate", "draw new images from a trained run as PNG");
  command->add_option("run", arguments.target, "the folder of the run")->required();
  command->add_option("settings", arguments.overrides, "keys of [[sample]], such as solver=sra1 guidance.rescale=0.7");
  command->add_option("--label", arguments.labels, "classes of the images, in turn")
      ->allow_extra_args(false)
      ->delimiter(',');
  command->add_option("--prompt", arguments.prompts, "captions of the images, in turn; several: --prompt A --prompt B")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option_function<std::string>(
      "--negative", [&arguments](const std::string& text) { arguments.flags.push_back("negative=" + quoted(text)); },
      "caption that guidance leads away from");
  add_key(command, arguments, "--guidance", "guidance.strength",
          "strength of guidance towards label or prompt; 1: no guidance");
  add_key(command, arguments, "--n", "n", "number of images");
  add_key(command, arguments, "--steps", "steps", "number of steps of the sampler");
  add_key(command, arguments, "--seed", "seed", "seed of prior and noise");
  command->add_option("--out", arguments.out,
                      "a PNG file for one grid, or a folder for single images; default RUN/generated-N/images.png");
  add_common(command, arguments);
}

void add_application(CLI::App& app, const ApplicationEntry& entry, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(entry.name, entry.description);
  command->add_option("run", arguments.target, "the folder of the run")->required();
  command->add_option("settings", arguments.overrides, fmt::format("keys of [[{}]]", entry.name));
  command->footer([entry] { return fmt::format("keys:\n{}", fmt::join(key_lines(entry.keys()), "\n")); });
  command->add_option("--image", arguments.images, "a PNG file in place of the run's held-out data; repeat it for more")
      ->allow_extra_args(false);
  command->add_option("--out", arguments.out, "a new folder for pictures and results; default RUN/NAME-N");
  add_common(command, arguments);
}

void add_data(CLI::App& app, Arguments& arguments) {
  CLI::App* data = app.add_subcommand("data", "describe data or prepare them");
  data->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = data->add_subcommand(name, help);
    command->add_option("source", arguments.target, "data as in data.source: \"digits\", \"hdf5:PATH#dataset\", …")
        ->required();
    command->callback([&arguments, name] { arguments.action = name; });
    add_common(command, arguments);
    return command;
  };
  add("describe", "show shapes, ranges, missing values, classes, copies, outliers and every feature")
      ->add_option("settings", arguments.overrides, "settings such as n=1000");
  CLI::App* prepare = add("prepare", "clean, split, balance and scale data, and write a file that a run can load");
  prepare->add_option("settings", arguments.overrides, "keys of [data], such as held_out=0.3 remove_duplicates=true");
  prepare->add_option("--out", arguments.out, "the HDF5 file to write")->required();
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
  add_run(app, "train", "train without sampling; `sample` draws from the run later", arguments);
  CLI::App* sample = app.add_subcommand("sample", "draw more samples from a trained run");
  sample->add_option("run", arguments.target, "the folder of the run")->required();
  sample->add_option("settings", arguments.overrides, "keys of [[sample]], such as solver=sra1 steps=50 n=64 seed=1");
  sample->add_option("--out", arguments.out, "the HDF5 file to write; default RUN/NAME-N/NAME.h5");
  add_average(sample, arguments);
  add_common(sample, arguments);
  CLI::App* ema = app.add_subcommand("ema", "show the held-out loss of a run with each of its averages of the weights");
  ema->add_option("run", arguments.target, "the folder of the run")->required();
  ema->add_option("lengths", arguments.lengths, "lengths of power-function averages, in a run with train.ema_lengths");
  ema->add_option("--step", arguments.average.step,
                  "step until which the averages of these lengths go; default the last");
  add_common(ema, arguments);
  add_generate(app, arguments);
  for (const ApplicationEntry& entry : application_entries()) add_application(app, entry, arguments);
  CLI::App* evaluate = app.add_subcommand("evaluate", "compare the samples of a run with its data again");
  evaluate->add_option("run", arguments.target, "the folder of the run")->required();
  evaluate->add_option("settings", arguments.overrides, "keys of [evaluate], such as projections=1024");
  add_common(evaluate, arguments);
  CLI::App* compare =
      app.add_subcommand("compare", "rank solvers at budgets of score evaluations, with a picture and a report");
  compare
      ->add_option("config", arguments.target,
                   "a TOML file, or the name of a shipped config, with [target] and tables [[solver]]")
      ->required();
  compare->add_option("overrides", arguments.overrides, "keys of the file with new values, such as seeds=10");
  compare->add_option("--out", arguments.out, "the folder for results; default runs/NAME/TIME-HASH");
  add_common(compare, arguments);
  CLI::App* likelihood = app.add_subcommand("likelihood", "bound the bits per dimension of a run's held-out data");
  likelihood->add_option("run", arguments.target, "the folder of the run")->required();
  likelihood->add_option("settings", arguments.overrides,
                         "settings such as n=64 bounds=['discrete','ode'] discrete.steps=1000");
  add_common(likelihood, arguments);
  add_orders(app, arguments);
  add_data(app, arguments);
  CLI::App* resume = app.add_subcommand("resume", "continue a run that was interrupted or killed");
  resume->add_option("run", arguments.target, "the folder of the run")->required();
  add_common(resume, arguments);
  CLI::App* list = app.add_subcommand("list", "list what there is to choose from");
  list->add_option("kind", arguments.target, fmt::format("one of {}", fmt::join(list_kinds(), ", ")));
  CLI::App* info = app.add_subcommand("info", "describe a run, or this program");
  info->add_option("run", arguments.target, "the folder of a run; default: this program");
}

}  // namespace fokker
