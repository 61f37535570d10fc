#pragma once

#include <exception>
#include <mutex>
#include <string>
#include <string_view>

#include "fokker/experiments/cli/progress_bar.h"

namespace fokker {

/// What the program says, from any thread.  Lines go to standard output; errors and progress go to standard error.
class Console {
 public:
  /// `command` stands before errors, as in "fokker run: …".
  explicit Console(std::string command) : command_(std::move(command)) {}

  /// Writes one or several lines without control characters.  A reader that closes its pipe ends the output and nothing
  /// else.
  void line(std::string_view text);
  void progress(std::string_view task, std::int64_t done, std::int64_t total);
  /// Writes one line on standard error.
  void error(std::string_view message);
  /// Why lines were lost, or "".
  const std::string& failure() const { return failure_; }

 private:
  std::string command_, failure_;
  bool closed_ = false;
  ProgressBar bar_;
  std::mutex mutex_;
};

/// The exit code for an error: 2 for the user's settings, 3 for numbers, 4 for files and memory.
int exit_code(const std::exception& error);
/// The text to show for an error, with what the standard library leaves out.
std::string message_of(const std::exception& error);

}  // namespace fokker
