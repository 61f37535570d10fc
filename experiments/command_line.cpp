#include "fokker/experiments/command_line.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>

#include "fokker/core/names.h"
#include "fokker/core/parallel.h"
#include "fokker/experiments/applications.h"
#include "fokker/experiments/commands.h"
#include "fokker/experiments/provenance.h"
#include "fokker/experiments/shipped.h"

namespace fokker {
namespace {

volatile std::sig_atomic_t received_signal = 0;

/// The first signal asks for an orderly end; a second one of the same kind ends the process at once.
void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { received_signal = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit becomes an IoError
}

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

struct Arguments {
  std::string target;  // a config, a run, a kind or a source of data
  std::string action;  // of `fokker data`
  std::vector<std::string> overrides, sweep, solvers;
  std::vector<double> lengths;
  std::string out;
  AverageChoice average;
  StrongOrderConfig orders;
  std::vector<std::filesystem::path> images;
  // of generate: they become keys of [[sample]]
  std::vector<std::string> labels, prompts, flags;
  int threads = 0;
  bool quiet = false;

  std::vector<std::string> all_settings() const {
    std::vector<std::string> all = overrides;
    if (!labels.empty()) all.push_back(fmt::format("labels=[{}]", fmt::join(labels, ",")));
    if (!prompts.empty()) all.push_back(fmt::format("prompts=[{}]", fmt::join(quoted(prompts), ",")));
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
};

void add_common(CLI::App* command, Arguments& arguments) {
  command->add_option("--threads", arguments.threads, "workers; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
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
  command->add_option("--out", arguments.out, "a PNG file, or a folder for one file each; default RUN/generated.png");
  add_common(command, arguments);
}

void add_application(CLI::App& app, const ApplicationEntry& entry, Arguments& arguments) {
  CLI::App* command = app.add_subcommand(entry.name, entry.description);
  command->add_option("run", arguments.target, "the folder of the run")->required();
  command->add_option("settings", arguments.overrides, fmt::format("keys of [[{}]]", entry.name));
  command->footer([entry] { return fmt::format("keys:\n{}", fmt::join(key_lines(entry.keys()), "\n")); });
  command->add_option("--image", arguments.images, "a PNG file in place of the run's held-out data; again for more")
      ->allow_extra_args(false);
  command->add_option("--out", arguments.out, "the folder of pictures and results; default the run's");
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

void define(CLI::App& app, Arguments& arguments) {
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  add_run(app, "run", "train, sample, evaluate and write results.h5", arguments);
  add_run(app, "train", "train alone; `sample` draws from the run later", arguments);
  CLI::App* sample = app.add_subcommand("sample", "draw more samples from a trained run");
  sample->add_option("run", arguments.target, "the folder of the run")->required();
  sample->add_option("settings", arguments.overrides, "keys of [[sample]], as solver=sra1 steps=50 n=64 seed=1");
  sample->add_option("--out", arguments.out, "the HDF5 file; default RUN/NAME.h5");
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

/// CLI11 itself would only say that a subcommand is required.
void require_known(const CLI::App& app, const std::string& command) {
  std::vector<std::string> names;
  for (const CLI::App* known : app.get_subcommands({})) names.push_back(known->get_name());
  const bool known = command.starts_with("-") || std::ranges::find(names, command) != names.end();
  if (!known) throw CLI::ParseError("[command] " + unknown_name(command, names), 2);
}

int dispatch(const std::string& command, const Arguments& arguments, const RunOptions& options) {
  if (command == "run" || command == "train")
    return run_command(find_config(arguments.target), arguments.overrides, arguments.sweep,
                       {.out = arguments.out, .only_train = command == "train"}, options);
  if (command == "resume") return resume_command(arguments.target, options);
  if (command == "sample")
    return sample_command(arguments.target, arguments.overrides, arguments.average, arguments.out, options);
  if (command == "ema") return ema_command(arguments.target, arguments.lengths, arguments.average.step, options);
  if (command == "evaluate") return evaluate_command(arguments.target, arguments.overrides, options);
  if (command == "compare")
    return compare_command(find_config(arguments.target), arguments.overrides, arguments.out, options);
  if (command == "generate")
    return generate_command(arguments.target, arguments.all_settings(), arguments.out, options);
  for (const ApplicationEntry& entry : application_entries())
    if (command == entry.name)
      return application_command(command, {arguments.target, arguments.images, arguments.out}, arguments.overrides,
                                 options);
  if (command == "data")
    return arguments.action == "describe"
               ? describe_command(arguments.target, arguments.overrides, options)
               : prepare_command(arguments.target, arguments.overrides, arguments.out, options);
  if (command == "likelihood") return likelihood_command(arguments.target, arguments.overrides, options);
  if (command == "orders") return orders_command(arguments.solvers, arguments.orders, arguments.out, options);
  if (command == "list") return list_command(arguments.target, options);
  return info_command(arguments.target, options);
}

int guarded(const std::string& command, const Arguments& arguments, const RunOptions& options) {
  const auto report = [&](const std::exception& error, int code) {
    fmt::print(stderr, "fokker {}: {}\n", command, error.what());
    return code;
  };
  try {
    const int code = dispatch(command, arguments, options);
    return received_signal ? 128 + static_cast<int>(received_signal) : code;
  } catch (const Cancelled&) {
    return 128 + static_cast<int>(received_signal);
  } catch (const IoError& error) {
    return report(error, 4);
  } catch (const NumericalError& error) {
    return report(error, 3);
  } catch (const Error& error) {
    return report(error, 2);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "fokker {}: out of memory; choose a smaller train.batch, sample.n or network\n", command);
    return 1;
  } catch (const std::exception& error) {
    return report(error, 1);
  }
}

}  // namespace

int command_line(int argc, char** argv) {
  CLI::App app("Score-based and SDE diffusion models: experiments from one file.", "fokker");
  Arguments arguments;
  try {
    define(app, arguments);
    if (argc > 1) require_known(app, argv[1]);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  catch_signals();
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  const auto bar = std::make_shared<ProgressBar>();
  RunOptions options;
  options.stop = [] { return received_signal != 0; };
  options.command_line.assign(argv, argv + argc);
  if (!arguments.quiet) {
    options.line = [bar](std::string_view line) {
      bar->clear();
      fmt::print("{}\n", line);
      std::fflush(stdout);
    };
    options.progress = [bar](std::string_view task, std::int64_t done, std::int64_t total) {
      bar->show(task, done, total);
    };
  }
  return guarded(app.get_subcommands().front()->get_name(), arguments, options);
}

}  // namespace fokker
