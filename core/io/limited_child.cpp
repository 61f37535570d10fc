#include "fokker/core/io/limited_child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>

#include "fokker/core/base/error.h"
#include "fokker/core/base/memory.h"

namespace fokker {
namespace {

using Clock = std::chrono::steady_clock;

enum class Answer : std::uint8_t { result, shape_error, config_error, io_error, numerical_error, no_memory, other };

/// What stands before the bytes of an answer.
struct Head {
  Answer kind;
  std::uint64_t size;
};

// --- in the child ---------------------------------------------------------------------------------------------------

void limit(decltype(RLIMIT_AS) what, rlim_t value) {
  const rlimit both{value, value};
  ::setrlimit(what, &both);
}

std::uint64_t address_space() {
  std::ifstream stream("/proc/self/statm");
  std::uint64_t pages = 0;
  stream >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void confine(const ChildLimits& limits) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGTERM, SIGALRM, SIGPIPE})
    std::signal(signal, SIG_DFL);
  std::signal(SIGINT, SIG_IGN);  // the terminal's signal is for the parent
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nowhere = ::open("/dev/null", O_WRONLY);  // for the last words of the C library
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which map terabytes
  limit(RLIMIT_AS, address_space() + limits.memory);
#endif
  // Behind the soft limit comes SIGXCPU, which says why the child ends; at the hard one comes SIGKILL.
  const auto seconds = static_cast<rlim_t>(std::ceil(limits.seconds));
  const rlimit time{seconds, seconds + 1};
  ::setrlimit(RLIMIT_CPU, &time);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, 0);
}

bool send(int fd, const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

void answer(int fd, Answer kind, const void* data, std::size_t size) {
  const Head head{kind, size};
  if (send(fd, &head, sizeof head)) send(fd, data, size);
}

void work_and_answer(int fd, const std::function<std::vector<std::byte>()>& work) {
  const auto fail = [&](Answer kind, const char* text) { answer(fd, kind, text, std::strlen(text)); };
  try {
    const auto bytes = work();
    answer(fd, Answer::result, bytes.data(), bytes.size());
  } catch (const ShapeError& error) {
    fail(Answer::shape_error, error.what());
  } catch (const ConfigError& error) {
    fail(Answer::config_error, error.what());
  } catch (const IoError& error) {
    fail(Answer::io_error, error.what());
  } catch (const NumericalError& error) {
    fail(Answer::numerical_error, error.what());
  } catch (const std::bad_alloc&) {
    fail(Answer::no_memory, "");
  } catch (const std::exception& error) {
    fail(Answer::other, error.what());
  }
}

// --- in the parent --------------------------------------------------------------------------------------------------

/// A child that does not outlive this, and the pipe from it.
class Child {
 public:
  Child(pid_t id, int pipe, Clock::time_point deadline) : id_(id), pipe_(pipe), deadline_(deadline) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::close(pipe_);
    end();
  }

  /// False where the child ends, or its time, before.
  bool receive(void* data, std::size_t size) {
    auto* at = static_cast<char*>(data);
    while (size > 0) {
      if (!wait_for_bytes()) return false;
      const ssize_t got = ::read(pipe_, at, size);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  /// Ends it, and says how it ended.
  std::string end() {
    if (id_ < 0) return {};
    const bool late = Clock::now() >= deadline_;
    if (late || !gone_) ::kill(id_, SIGKILL);
    int status = 0;
    pid_t waited;
    do waited = ::waitpid(id_, &status, 0);
    while (waited < 0 && errno == EINTR);
    id_ = -1;
    if (late || (waited > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) return "ran out of its time";
    if (waited > 0 && WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
    return "ended without an answer";
  }

 private:
  bool wait_for_bytes() {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return false;
      pollfd wanted{pipe_, POLLIN, 0};
      const int ready = ::poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left, 1000)));
      if (ready < 0 && errno != EINTR) return false;
      if (ready <= 0) continue;
      gone_ = (wanted.revents & POLLIN) == 0;
      return !gone_;
    }
  }

  pid_t id_;
  int pipe_;
  Clock::time_point deadline_;
  bool gone_ = false;
};

[[noreturn]] void rethrow(Answer kind, const std::string& name, const std::string& text, const ChildLimits& limits) {
  switch (kind) {
    case Answer::shape_error: throw ShapeError(text);
    case Answer::config_error: throw ConfigError(text);
    case Answer::io_error: throw IoError(text);
    case Answer::numerical_error: throw NumericalError(text);
    case Answer::no_memory:
      throw IoError(fmt::format("{}: needs more than {} to be read; it is damaged, or packed too well: unpack it", name,
                                size_text(limits.memory)));
    default: throw IoError(fmt::format("{}: cannot be read: {}", name, text));
  }
}

}  // namespace

std::vector<std::byte> run_limited(const std::string& name, const ChildLimits& limits, pid_t (*fork)(),
                                   const std::function<std::vector<std::byte>()>& work) {
  const ChildLimits confined{std::min(limits.memory, available_memory()), limits.seconds};
  int ends[2];
  require<IoError>(::pipe2(ends, O_CLOEXEC) == 0, "{}: no pipe: {}", name, std::strerror(errno));
  const auto time = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.seconds));
  const pid_t id = fork();
  if (id == 0) {
    confine(confined);
    work_and_answer(ends[1], work);
    ::_exit(0);
  }
  const int cause = errno;
  ::close(ends[1]);
  if (id < 0) ::close(ends[0]);
  require<IoError>(id > 0, "{}: the process that would read it cannot be started: {}", name, std::strerror(cause));
  // The limit is one of CPU time: a damaged file uses it up, and a busy machine does not.  The clock here is longer and
  // ends a child that hangs.
  constexpr int waiting = 15;
  Child child(id, ends[0], Clock::now() + waiting * time);
  Head head{};
  const bool begun = child.receive(&head, sizeof head) && head.size <= confined.memory;
  std::vector<std::byte> bytes(begun ? head.size : 0);
  if (!begun || !child.receive(bytes.data(), bytes.size()))
    throw IoError(fmt::format("{}: the process that reads it {}; the file is damaged", name, child.end()));
  if (head.kind == Answer::result) return bytes;
  rethrow(head.kind, name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, confined);
}

}  // namespace fokker
