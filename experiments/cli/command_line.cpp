#include "fokker/experiments/cli/command_line.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "fokker/core/base/names.h"
#include "fokker/core/base/one_line.h"
#include "fokker/core/base/out_of_memory.h"
#include "fokker/core/base/parallel.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/cli/arguments.h"
#include "fokker/experiments/cli/console.h"
#include "fokker/experiments/cli/interrupts.h"
#include "fokker/experiments/data/shipped.h"

namespace fokker {
namespace {

constexpr const char* start = R"(
Begin with `fokker run experiments/digits.toml`, which trains on the digits that come with it and draws samples.
`fokker list` says what there is to choose from, `fokker COMMAND --help` what a command takes.
)";

/// Requires a subcommand.  CLI11 itself would only say that one is required.
void require_known(const CLI::App& app, const std::string& command) {
  std::vector<std::string> names;
  for (const CLI::App* known : app.get_subcommands({})) names.push_back(known->get_name());
  const bool known = command.starts_with("-") || std::ranges::find(names, command) != names.end();
  if (!known) throw CLI::ParseError("[command] " + unknown_name(command, names), 2);
}

int dispatch(const std::string& command, const Arguments& arguments, const RunOptions& options) {
  if (!arguments.isa.empty()) ::setenv("FOKKER_ISA", arguments.isa.c_str(), 1);
  kernels::table();  // a wrong FOKKER_ISA ends every command
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

/// The subcommand that a call reached, or the program itself where it names none.
const CLI::App& last_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : last_of(*chosen.front());
}

/// Shows help and version, which are no errors, and what there is to a call without a subcommand.
int refused(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    app.exit(error);
    return std::cout.flush() ? 0 : 4;
  }
  const CLI::App& last = last_of(app);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && last.get_require_subcommand_min() > 0) {
    std::cerr << last.help() << (&last == &app ? start : "");
  } else {
    const std::string named = &last == &app ? "fokker" : "fokker " + last.get_name();
    std::cerr << one_line(fmt::format("{}: {}; `{} --help` lists the arguments", named, error.what(), named)) << "\n";
  }
  return 2;
}

int guarded(const std::string& command, const Arguments& arguments, const RunOptions& options, Console& console) {
  const auto interrupted = [&](const std::string& how) {
    console.error(Interrupts::message(how));
    return 128 + Interrupts::received();
  };
  try {
    const int code = dispatch(command, arguments, options);
    if (Interrupts::received() != 0) return interrupted("");
    if (console.failure().empty()) return code;
    console.error(fmt::format("standard output: {}; what it shows is not all", console.failure()));
    return 4;
  } catch (const Cancelled& error) {
    return interrupted(error.what());
  } catch (const std::exception& error) {
    console.error(message_of(error));
    return exit_code(error);
  }
}

}  // namespace

int command_line(int argc, char** argv) {
  exit_where_libraries_die();
  flush_subnormals();
  CLI::App app("Score-based and SDE diffusion models: experiments from one file.", "fokker");
  Arguments arguments;
  try {
    define(app, arguments);
    if (argc > 1) require_known(app, argv[1]);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return refused(app, error);
  }
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  const std::string command = app.get_subcommands().front()->get_name();
  Console console(command);
  Interrupts interrupts([&](const std::string& said) {
    console.error(Interrupts::message(said));
    std::_Exit(128 + Interrupts::received());
  });
  RunOptions options;
  options.stop = [] { return Interrupts::received() != 0; };
  options.leave_by = [&](Interrupts::Note note) { interrupts.leave_by(std::move(note)); };
  options.command_line.assign(argv, argv + argc);
  if (!arguments.quiet) {
    options.line = [&](std::string_view line) { console.line(line); };
    options.progress = [&](std::string_view task, std::int64_t done, std::int64_t total) {
      console.progress(task, done, total);
    };
  }
  return guarded(command, arguments, options, console);
}

}  // namespace fokker
