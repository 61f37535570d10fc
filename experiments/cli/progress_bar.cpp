#include "fokker/experiments/cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace fokker {
namespace {

constexpr int bar_width = 24;

std::string grouped(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 1e9) + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_text(std::string_view task, std::int64_t done, std::int64_t total, double rate) {
  const double part = total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0;
  const int filled = static_cast<int>(part * bar_width);
  std::string bar;
  for (int i = 0; i < bar_width; ++i) bar += i < filled ? "█" : "·";
  std::string text = total > 0 ? fmt::format("{:<10} {} {}/{}", task, bar, grouped(done), grouped(total))
                               : fmt::format("{:<10} {}", task, grouped(done));
  if (rate <= 0) return text;
  text += rate >= 1 ? fmt::format("  {:.1f}/s", rate) : fmt::format("  {:.1f} s each", 1 / rate);
  if (total > done) text += fmt::format("  {} left", duration(static_cast<double>(total - done) / rate));
  return text;
}

ProgressBar::ProgressBar(std::FILE* stream) : stream_(stream), terminal_(::isatty(::fileno(stream)) == 1) {}

void ProgressBar::show(std::string_view task, std::int64_t done, std::int64_t total) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (task != task_) {
    task_ = task;
    first_ = done;
    start_ = now;
    last_ = {};
  }
  if (now - last_ < std::chrono::milliseconds(100) && done < total) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0.2 ? static_cast<double>(done - first_) / seconds : 0;
  std::fputs(fmt::format("\r{}\x1b[K", progress_text(task, done, total, rate)).c_str(), stream_);
  std::fflush(stream_);
  drawn_ = true;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stream_);
  std::fflush(stream_);
  drawn_ = false;
}

}  // namespace fokker
