#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace fokker {

/// The text "train ████████················ 1,234/3,000 55.1/s 0:32 left".  `rate` is in steps a second; 0 means
/// unknown.
std::string progress_text(std::string_view task, std::int64_t done, std::int64_t total, double rate);

/// One line on a terminal, rewritten at most ten times a second.  It is silent where `stream` is not a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::FILE* stream = stderr);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  /// A task begins when its name is first shown, and its rate counts from there.
  void show(std::string_view task, std::int64_t done, std::int64_t total);
  /// Wipes the line, so that other text may follow.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::FILE* stream_;
  bool terminal_;
  bool drawn_ = false;
  std::string task_ = {};
  std::int64_t first_ = 0;  // steps done when the task began
  Clock::time_point start_ = {}, last_ = {};
};

}  // namespace fokker
