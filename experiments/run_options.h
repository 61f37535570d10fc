#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// How a run talks to the outside; each function may be empty.
struct RunOptions {
  /// A line of text: losses, tables.
  std::function<void(std::string_view line)> line = {};
  std::function<void(std::string_view task, std::int64_t done, std::int64_t total)> progress = {};
  /// Asked often; true ends the run after the current step, with a checkpoint.
  std::function<bool()> stop = {};
  std::vector<std::string> command_line = {};
};

}  // namespace fokker
