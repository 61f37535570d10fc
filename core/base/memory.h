#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace fokker {

/// Bytes of memory that this process can still get: the least of what the system has available, what its control groups
/// (versions 1 and 2) leave, and its limit of address space.  `root` is where /proc and /sys are looked for.
std::uint64_t available_memory(const std::filesystem::path& root = "/");

/// Throws IoError unless `bytes`, predicted for `what`, are available: before they are asked for.
void require_memory(std::uint64_t bytes, const std::string& what);

/// The most bytes that `packed` bytes of a compressed file may unpack to: 256 MiB, or 64 times their number where that
/// is more.
std::uint64_t unpacked_limit(std::uint64_t packed);

/// "12.4 MB"
std::string size_text(std::uintmax_t bytes);

}  // namespace fokker
