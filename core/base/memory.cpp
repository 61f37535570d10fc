#include "fokker/core/base/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// The number at the beginning of a file; nothing where there is none, as in "max".
std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t value = 0;
  return stream >> value ? std::optional(value) : std::nullopt;
}

/// The number behind `key` in lines of "key number".
std::optional<std::uint64_t> number_of(const fs::path& file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t value = 0;
    if (words >> word >> value && word == key) return value;
  }
  return {};
}

std::uint64_t system_memory(const fs::path& root) {
  const auto kilobytes = number_of(root / "proc/meminfo", "MemAvailable:");
  return kilobytes ? *kilobytes * 1024 : unlimited;
}

/// Returns what one group leaves.  The group's cache of files can be taken back and does not count as used.
std::uint64_t left_in(const fs::path& group, const char* most, const char* used, const char* cache) {
  const auto limit = number_in(group / most), usage = number_in(group / used);
  if (!limit || !usage) return unlimited;
  const std::uint64_t held = *usage - std::min(*usage, number_of(group / "memory.stat", cache).value_or(0));
  return *limit - std::min(*limit, held);
}

/// Returns the least that the groups of this process and those above them leave.
std::uint64_t group_memory(const fs::path& root) {
  std::ifstream stream(root / "proc/self/cgroup");
  std::uint64_t left = unlimited;
  for (std::string line; std::getline(stream, line);) {  // "0::/path", or "4:memory:/path" of version 1
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool old = ("," + controllers + ",").find(",memory,") != std::string::npos;
    if (!old && !controllers.empty()) continue;
    const fs::path top = root / (old ? "sys/fs/cgroup/memory" : "sys/fs/cgroup");
    // In a container the path may be that of the host.  Then the group at the top is the container's own.
    for (fs::path path = fs::path(line.substr(second + 1)).relative_path();; path = path.parent_path()) {
      left = std::min(left,
                      old ? left_in(top / path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
                          : left_in(top / path, "memory.max", "memory.current", "inactive_file"));
      if (path.empty()) break;
    }
  }
  return left;
}

std::uint64_t address_space(const fs::path& root) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unlimited;
  const std::uint64_t used =
      number_in(root / "proc/self/statm").value_or(0) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, used);
}

}  // namespace

std::uint64_t available_memory(const fs::path& root) {
  return std::min({system_memory(root), group_memory(root), address_space(root)});
}

void require_memory(std::uint64_t bytes, const std::string& what) {
  constexpr std::uint64_t always = std::uint64_t{1} << 26;
  if (bytes <= always) return;
  const std::uint64_t there = available_memory();
  require<IoError>(bytes <= there, "{}: needs {} of memory, {} are available; take a part of it, or a larger machine",
                   what, size_text(bytes), size_text(there));
}

std::uint64_t unpacked_limit(std::uint64_t packed) {
  constexpr std::uint64_t always = std::uint64_t{1} << 28, ratio = 64;
  return packed > unlimited / ratio ? unlimited : std::max(always, packed * ratio);
}

std::string size_text(std::uintmax_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace fokker
