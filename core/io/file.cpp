#include "fokker/core/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

#include "fokker/core/base/error.h"
#include "fokker/core/base/memory.h"
#include "fokker/core/base/one_line.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

std::string cause(int code) { return std::strerror(code); }

/// An open file descriptor.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) {
    do fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    while (fd_ < 0 && errno == EINTR);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// Returns false, with errno, where the kernel reports a late error.
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_ = -1;
};

/// Returns false, with errno, on failure.
bool write_all(int fd, const std::byte* data, std::size_t size) {
  constexpr std::size_t piece = std::size_t{1} << 28;
  while (size > 0) {
    const ssize_t written = ::write(fd, data, std::min(size, piece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool sync(int fd) {
  int result;
  do result = ::fsync(fd);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

/// Makes the names in a folder durable.  Some file systems cannot sync folders and say EINVAL; a folder that may be
/// written but not read says EACCES.  Returns false, with errno, on any other failure.
bool sync_folder(const fs::path& folder) {
  Descriptor directory(folder, O_RDONLY | O_DIRECTORY);
  return (directory.valid() && (sync(directory.get()) || errno == EINVAL)) || errno == EACCES;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

std::string temporary_prefix(const fs::path& path) { return "." + path.filename().string() + ".tmp-"; }

/// A name that no other writer uses.
fs::path temporary_path(const fs::path& path, const fs::path& folder) {
  static std::atomic<unsigned> count{0};
  return folder / fmt::format("{}{}-{}", temporary_prefix(path), ::getpid(), count++);
}

/// Removes what killed writers of `path` have left.  The age spares the files of writers on other machines.
void remove_leftovers(const fs::path& path, const fs::path& folder) {
  const auto old = fs::file_time_type::clock::now() - std::chrono::minutes(10);
  const std::string prefix = temporary_prefix(path);
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with(prefix) && entry->last_write_time(ignored) < old && !ignored)
      fs::remove(entry->path(), ignored);
  }
}

/// The temporary file: removed unless it was renamed.
struct Temporary {
  fs::path path;
  bool keep = false;
  ~Temporary() {
    if (!keep) ::unlink(path.c_str());
  }
};

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, std::uintmax_t limit) {
  Descriptor file(path, O_RDONLY | O_NONBLOCK);  // a pipe without a writer is refused, not waited for
  require<IoError>(file.valid(), "[read] {}: {}; check the path and its permissions", path.string(), cause(errno));
  struct stat status {};
  require<IoError>(::fstat(file.get(), &status) == 0, "[read] {}: {}", path.string(), cause(errno));
  require<IoError>(!S_ISDIR(status.st_mode), "[read] {}: expected a file, got a folder", path.string());
  require<IoError>(S_ISREG(status.st_mode), "[read] {}: expected a regular file, got a device, a pipe or a socket",
                   path.string());
  const auto expected = static_cast<std::uintmax_t>(status.st_size);
  const auto check_limit = [&](std::uintmax_t size) {
    require<IoError>(size <= limit, "[read] {}: expected at most {}, got {}", path.string(), size_text(limit),
                     size_text(size));
  };
  check_limit(expected);
  require_memory(expected, fmt::format("[read] {}", path.string()));
  // One byte more than the size, so that the end is met without growing; files of /proc have size 0.
  std::vector<std::byte> bytes(static_cast<std::size_t>(expected) + 1);
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(2 * size);
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    require<IoError>(got >= 0, "[read] {}: {}", path.string(), cause(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    check_limit(size);
  }
  bytes.resize(size);
  return bytes;
}

std::string read_text_file(const fs::path& path) {
  const auto bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void require_file_name(std::string_view name, std::string_view where) {
  const bool plain = one_line(name) == name && name.find_first_of("/\\") == std::string_view::npos;
  require<ConfigError>(plain && !name.empty() && name.size() <= 100 && name.front() != '.',
                       "{}: expected the name of one file or folder, without slashes, of at most 100 bytes and with no "
                       "dot at its start, got \"{}\"",
                       where, one_line(name, 200));
}

void require_file_place(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = folder_of(path);
  require<IoError>(fs::is_directory(folder, ignored), "[write] {}: the folder {} does not exist; create it first",
                   path.string(), folder.string());
  const fs::file_status status = fs::status(path, ignored);
  require<IoError>(path.has_filename() && !fs::is_directory(status),
                   "[write] {}: expected the name of a file, got a folder", path.string());
  // A rename would put a file in the place of the device or the pipe.
  require<IoError>(!fs::exists(status) || fs::is_regular_file(status),
                   "[write] {}: expected the name of a file, got a device, a pipe or a socket", path.string());
}

void require_folder_place(const fs::path& path) {
  std::error_code ignored;
  require<IoError>(!fs::exists(path, ignored) || fs::is_directory(path, ignored),
                   "[write] {}: expected a folder, got something else; choose another place", path.string());
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  require_file_place(path);
  const fs::path folder = folder_of(path);
  std::error_code ignored;
  const bool replaces = fs::exists(path, ignored);
  const auto check = [&](bool good, const char* action) {
    const int code = errno;
    require<IoError>(good, "[write] {}: {} while {} {}; {}", path.string(), cause(code), action,
                     size_text(bytes.size()), replaces ? "the older file is kept" : "nothing is left behind");
  };
  remove_leftovers(path, folder);

  Temporary temporary{temporary_path(path, folder), true};
  Descriptor file(temporary.path, O_WRONLY | O_CREAT | O_EXCL);
  check(file.valid(), "creating a file of");
  temporary.keep = false;
  check(write_all(file.get(), bytes.data(), bytes.size()), "writing");
  check(sync(file.get()), "storing");
  check(file.close(), "closing");
  check(::rename(temporary.path.c_str(), path.c_str()) == 0, "renaming");
  temporary.keep = true;
  require<IoError>(sync_folder(folder), "[write] {}: {}; the new file is in place but may not survive a power loss",
                   path.string(), cause(errno));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

void make_folder(const fs::path& path) {
  std::error_code failure;
  std::vector<fs::path> missing;
  for (fs::path at = path; !at.empty() && !fs::is_directory(at, failure); at = at.parent_path()) missing.push_back(at);
  for (; !missing.empty(); missing.pop_back()) {
    fs::create_directory(missing.back(), failure);
    require<IoError>(!failure, "{}: cannot make the folder {}: {}; choose another place", path.string(),
                     missing.back().string(), failure.message());
    require<IoError>(sync_folder(folder_of(missing.back())), "{}: {}; the new folder may not survive a power loss",
                     path.string(), cause(errno));
  }
}

void sync_file(const fs::path& path) {
  Descriptor file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  require<IoError>(file.valid() && sync(file.get()) && sync_folder(folder_of(path)),
                   "[write] {}: {}; the file may not survive a power loss", path.string(), cause(errno));
}

void append_line(const fs::path& path, std::string_view line) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  require<IoError>(file.valid() || errno != ELOOP,
                   "[append] {}: expected a file, got a symbolic link; replace the link by a file", path.string());
  require<IoError>(file.valid(), "[append] {}: {}", path.string(), cause(errno));
  struct stat status {};
  require<IoError>(::fstat(file.get(), &status) == 0, "[append] {}: {}", path.string(), cause(errno));
  require<IoError>(S_ISREG(status.st_mode), "[append] {}: expected a file, got a pipe, a socket or a device",
                   path.string());
  std::string text(line);
  text += '\n';
  if (write_all(file.get(), reinterpret_cast<const std::byte*>(text.data()), text.size())) return;
  const int code = errno;
  // No half line: the next one would be glued to it.
  const bool restored = ::ftruncate(file.get(), status.st_size) == 0;
  throw IoError(fmt::format("[append] {}: {}; {}", path.string(), cause(code),
                            restored ? "the earlier lines are kept" : "the last line may be incomplete"));
}

}  // namespace fokker
