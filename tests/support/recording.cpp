// This library is preloaded (LD_PRELOAD).  It records in the file RECORD_TRACE what the process does to files and
// folders under the folder RECORD_ROOT.  tests/python/disk.py replays the records.  A record is a line
// "NAME FD FLAGS OFFSET BYTES BYTES", and the bytes of its two parts follow that line.  The first part is a path or
// what was written, and the second is the new path of a rename.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

namespace {

std::recursive_mutex mutex;  // the order of the records is that of the calls
std::array<bool, 4096> followed{};

struct Trace {
  const char* root = std::getenv("RECORD_ROOT");
  pid_t process = ::getpid();
  int file = -1;
  Trace() {
    const char* path = std::getenv("RECORD_TRACE");
    if (root && path)
      file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }
};

const Trace& trace() {
  static const Trace made;
  return made;
}

/// A child process, such as that which reads HDF5, writes nothing.
bool recording() { return trace().file >= 0 && ::getpid() == trace().process; }

std::string absolute(const char* path) {
  if (path[0] == '/') return path;
  std::array<char, 4096> folder{};
  return std::string(::getcwd(folder.data(), folder.size()) ? folder.data() : "") + "/" + path;
}

bool inside(const std::string& path) {
  return path == trace().root || path.starts_with(std::string(trace().root) + "/");
}

void put(std::string_view bytes) {
  while (!bytes.empty()) {
    const long done = ::syscall(SYS_write, trace().file, bytes.data(), bytes.size());
    if (done <= 0) std::abort();
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

struct Place {
  int fd = -1, flags = 0;
  long offset = -1;
};

void record(const char* name, const Place& place, std::string_view first = {}, std::string_view second = {}) {
  const int error = errno;
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(), "%s %d %d %ld %zu %zu\n", name, place.fd, place.flags, place.offset,
                first.size(), second.size());
  put(line.data());
  put(first);
  put(second);
  errno = error;
}

bool known(int fd) {
  return fd >= 0 && static_cast<std::size_t>(fd) < followed.size() && followed[static_cast<std::size_t>(fd)];
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int opened(int folder, const char* path, int flags, mode_t mode) {
  const std::lock_guard lock(mutex);
  const int fd = static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
  if (fd < 0 || !recording() || (folder != AT_FDCWD && path[0] != '/')) return fd;
  const std::string name = absolute(path);
  if (static_cast<std::size_t>(fd) >= followed.size() || !inside(name)) return fd;
  followed[static_cast<std::size_t>(fd)] = true;
  record("open", {.fd = fd, .flags = flags}, name);
  return fd;
}

/// A call that names one path, recorded where it succeeded.
template <class Call>
int named(const char* name, const char* path, Call&& call) {
  const std::lock_guard lock(mutex);
  const int result = call();
  if (result == 0 && recording() && inside(absolute(path))) record(name, {}, absolute(path));
  return result;
}

/// A call of an open file, recorded where it succeeded.
template <class Call>
int of_file(const char* name, const Place& place, Call&& call) {
  const std::lock_guard lock(mutex);
  const int result = call();
  if (result == 0 && recording() && known(place.fd)) record(name, place);
  return result;
}

ssize_t written(const Place& place, const void* data, ssize_t result) {
  if (result > 0 && recording() && known(place.fd))
    record("write", place, {static_cast<const char*>(data), static_cast<std::size_t>(result)});
  return result;
}

mode_t mode_of(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opened(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opened(folder, path, flags, mode);
}
int close(int fd) {
  const std::lock_guard lock(mutex);
  if (known(fd)) {
    if (recording()) record("close", {.fd = fd});
    followed[static_cast<std::size_t>(fd)] = false;
  }
  return static_cast<int>(::syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, std::size_t size) {
  const std::lock_guard lock(mutex);
  return written({.fd = fd}, data, ::syscall(SYS_write, fd, data, size));
}
ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  const std::lock_guard lock(mutex);
  return written({.fd = fd, .offset = offset}, data, ::syscall(SYS_pwrite64, fd, data, size, offset));
}
ssize_t pwrite64(int fd, const void* data, std::size_t size, off_t offset) { return pwrite(fd, data, size, offset); }
int ftruncate(int fd, off_t size) noexcept {
  return of_file("truncate", {.fd = fd, .offset = size},
                 [&] { return static_cast<int>(::syscall(SYS_ftruncate, fd, size)); });
}
int ftruncate64(int fd, off_t size) noexcept { return ftruncate(fd, size); }
int fsync(int fd) {
  return of_file("sync", {.fd = fd}, [&] { return static_cast<int>(::syscall(SYS_fsync, fd)); });
}
int fdatasync(int fd) {
  return of_file("sync", {.fd = fd}, [&] { return static_cast<int>(::syscall(SYS_fdatasync, fd)); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return named("mkdir", path, [&] { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); });
}
int unlink(const char* path) noexcept {
  return named("unlink", path, [&] { return static_cast<int>(::syscall(SYS_unlink, path)); });
}
int rmdir(const char* path) noexcept {
  return named("unlink", path, [&] { return static_cast<int>(::syscall(SYS_rmdir, path)); });
}
int remove(const char* path) noexcept {
  return named("unlink", path, [&] { return real<int(const char*)>("remove")(path); });
}
int rename(const char* from, const char* to) noexcept {
  const std::lock_guard lock(mutex);
  const int result = static_cast<int>(::syscall(SYS_rename, from, to));
  if (result == 0 && recording() && inside(absolute(to))) record("rename", {}, absolute(from), absolute(to));
  return result;
}
}
