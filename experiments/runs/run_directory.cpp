#include "fokker/experiments/runs/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "fokker/core/base/error.h"
#include "fokker/core/base/stop.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/runs/utc.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

void require_run(const fs::path& path) {
  std::error_code failure;
  require<ConfigError>(fs::exists(path / "config.toml", failure),
                       "{}: expected the folder of a run, with a config.toml in it", path.string());
}

}  // namespace

fs::path default_run_path(const std::string& name, std::string_view config) {
  return fs::path("runs") / name / (format_utc("%Y%m%dT%H%M%SZ") + "-" + sha256(config).substr(0, 8));
}

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void RunDirectory::require_new(const fs::path& path) {
  std::error_code failure;
  require<ConfigError>(!fs::exists(path / "config.toml", failure),
                       "{} holds a run already; go on with `fokker resume {}`, or choose another --out", path.string(),
                       path.string());
}

RunDirectory RunDirectory::create(const fs::path& path, std::string_view config) {
  make_folder(path);
  RunDirectory run(path);
  run.lock();
  require_new(path);  // under the lock: another process may have made a run meanwhile
  write_run_file(path, "config.toml", config);
  return run;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  require_run(path);
  RunDirectory run(path);
  run.lock();
  return run;
}

RunDirectory RunDirectory::open_when_free(const fs::path& path, const RunOptions& options) {
  require_run(path);
  constexpr std::chrono::milliseconds limit{60'000}, pause{20};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  RunDirectory run(path);
  while (!run.try_lock() && std::chrono::steady_clock::now() < deadline) {
    if (options.stopping()) throw Cancelled("[run] stopped while another process worked in the run");
    std::this_thread::sleep_for(pause);
  }
  if (run.lock_ < 0) run.lock();
  return run;
}

bool RunDirectory::try_lock() {
  const fs::path file = path_ / "run.lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  require<IoError>(lock >= 0, "{}: {}; the folder of a run must be writable, and its files no links", file.string(),
                   std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return false;
  }
  lock_ = lock;
  require_plain_files(path_);
  const std::string own = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) == 0) (void)!::pwrite(lock_, own.data(), own.size(), 0);
  return true;
}

void RunDirectory::lock() {
  require<IoError>(try_lock(), "{}: process {} works in this run; wait for its end", path_.string(), owner());
}

std::string RunDirectory::owner() const {
  const int lock = ::open((path_ / "run.lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char owner[24] = {};
  const bool known = lock >= 0 && ::pread(lock, owner, sizeof owner - 1, 0) > 0;
  if (lock >= 0) ::close(lock);
  return known ? owner : "of unknown number";
}

void RunDirectory::log(std::string_view line) const { append_line(file("log.txt"), line); }

}  // namespace fokker
