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
  /// Receives a line of text: losses, tables.
  std::function<void(std::string_view line)> line = {};
  std::function<void(std::string_view task, std::int64_t done, std::int64_t total)> progress = {};
  /// Asked often; true ends the run after the current step, with a checkpoint.
  std::function<bool()> stop = {};
  std::vector<std::string> command_line = {};
  /// Told how the work may be left where it stands if it does not stop soon.  The note records the end and returns what
  /// to tell the user.  An empty note means that the work must come to its own end, as a training step does before its
  /// checkpoint.
  std::function<void(std::function<std::string()> note)> leave_by = {};

  /// Options for one run of several in `folder`, which is the target of `fokker resume` for all of them.  These options
  /// must outlive the result.
  RunOptions of_several(const std::string& folder) const {
    RunOptions one = *this;
    if (leave_by)
      one.leave_by = [this, folder](const std::function<std::string()>& note) {
        if (!note) return leave_by({});
        leave_by([note, folder] { return note(), "go on with `fokker resume " + folder + "`"; });
      };
    return one;
  }

  void say(std::string_view text) const {
    if (line) line(text);
  }
  void show(std::string_view task, std::int64_t done, std::int64_t total) const {
    if (progress) progress(task, done, total);
  }
  bool stopping() const { return stop && stop(); }
  /// The progress of one task as the library asks for it; false ends the task.  These options must outlive the result.
  std::function<bool(std::int64_t done, std::int64_t total)> watching(std::string task) const {
    return [this, task = std::move(task)](std::int64_t done, std::int64_t total) {
      show(task, done, total);
      return !stopping();
    };
  }
};

}  // namespace fokker
