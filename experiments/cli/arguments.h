#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/cli/commands.h"

namespace CLI {
class App;
}

namespace fokker {

/// What a call of the program gives to its commands.
struct Arguments {
  std::string target;  // a config, a run, a kind of list, or a source of data
  std::string action;  // action of `fokker data`
  std::vector<std::string> overrides, sweep, solvers;
  std::vector<double> lengths;
  std::string out;
  AverageChoice average;
  StrongOrderConfig orders;
  std::vector<std::filesystem::path> images;
  // Options of generate, which become keys of [[sample]].
  std::vector<std::string> labels, prompts, flags;
  int threads = 0;
  std::string isa;
  bool quiet = false;

  /// The overrides of generate, with its options among them.
  std::vector<std::string> all_settings() const;
};

/// Defines all commands with their arguments.  Parsing stores the arguments in `arguments`.
void define(CLI::App& app, Arguments& arguments);

}  // namespace fokker
