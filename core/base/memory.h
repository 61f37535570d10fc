#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fokker {

/// Returns the bytes of memory that this process can still get: the least of three numbers.  These are what the system
/// has available, what the process's control groups (versions 1 and 2) leave, and what its limit of address space
/// leaves.  The files of /proc and /sys are looked for below `root`.
std::uint64_t available_memory(const std::filesystem::path& root = "/");

/// Throws IoError unless `bytes`, the predicted memory of `what`, are
/// available.  The check comes before the allocation.
void require_memory(std::uint64_t bytes, const std::string& what);

/// Returns the most bytes to which `packed` bytes of a compressed file may unpack:
/// 256 MiB or 64 · packed, whichever is more.
std::uint64_t unpacked_limit(std::uint64_t packed);

/// Returns a size for messages, such as "12.4 MB".
std::string size_text(std::uintmax_t bytes);

}  // namespace fokker
