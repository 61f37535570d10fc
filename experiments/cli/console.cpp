#include "fokker/experiments/cli/console.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include "fokker/core/base/error.h"
#include "fokker/core/base/one_line.h"

namespace fokker {

void Console::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  bar_.clear();
  std::string printed;
  for (std::size_t end = 0; end != std::string_view::npos;
       text.remove_prefix(end == std::string_view::npos ? 0 : end + 1)) {
    end = text.find('\n');
    printed += one_line(text.substr(0, end), std::string::npos) + "\n";
  }
  if (std::fwrite(printed.data(), 1, printed.size(), stdout) == printed.size() && std::fflush(stdout) == 0) return;
  closed_ = true;
  if (errno != EPIPE) failure_ = std::strerror(errno);
}

void Console::progress(std::string_view task, std::int64_t done, std::int64_t total) {
  const std::lock_guard lock(mutex_);
  bar_.show(task, done, total);
}

void Console::error(std::string_view message) {
  const std::lock_guard lock(mutex_);
  bar_.clear();
  const std::string text = one_line("fokker " + command_ + ": " + std::string(message)) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int exit_code(const std::exception& error) {
  if (dynamic_cast<const IoError*>(&error) != nullptr) return 4;
  if (dynamic_cast<const NumericalError*>(&error) != nullptr) return 3;
  const bool system = dynamic_cast<const std::system_error*>(&error) != nullptr;
  return system || dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? 4 : 2;
}

std::string message_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return "out of memory; choose a smaller train.batch, sample.n or network";
  return error.what();
}

}  // namespace fokker
