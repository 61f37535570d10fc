#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
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

  void say(std::string_view text) const {
    if (line) line(text);
  }
  void show(std::string_view task, std::int64_t done, std::int64_t total) const {
    if (progress) progress(task, done, total);
  }
  bool stopping() const { return stop && stop(); }
  /// The progress of one task as the library asks for it: false ends it.  These options must outlive it.
  std::function<bool(std::int64_t done, std::int64_t total)> watching(std::string task) const {
    return [this, task = std::move(task)](std::int64_t done, std::int64_t total) {
      show(task, done, total);
      return !stopping();
    };
  }
};

}  // namespace fokker
