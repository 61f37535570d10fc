#include "fokker/experiments/cli/interrupts.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace fokker {
namespace {

constexpr std::chrono::milliseconds interval(50), patience(500);

volatile std::sig_atomic_t received_signal = 0;

void catch_signal(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = [](int number) { received_signal = number; };
  action.sa_flags = signal == SIGHUP ? 0 : static_cast<int>(SA_RESETHAND);
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts(std::function<void(const std::string& said)> leave) : leave_(std::move(leave)) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) catch_signal(signal);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  try {
    watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {  // no more threads: the work itself still sees the signal
  }
}

Interrupts::~Interrupts() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

int Interrupts::received() { return received_signal; }

std::string Interrupts::message(const std::string& how) {
  const char* name = sigabbrev_np(received());
  return std::string("ended by SIG") + (name ? name : "?") + (how.empty() ? "" : ": " + how);
}

void Interrupts::leave_by(Note note) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(note);
}

void Interrupts::watch() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point asked{};
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval, [this] { return ended_; })) {
    if (received_signal == 0) continue;
    if (asked == Clock::time_point{}) asked = Clock::now();
    if (note_ && Clock::now() - asked >= patience) leave_(note_());
  }
}

}  // namespace fokker
