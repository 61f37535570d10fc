#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// The whole file; throws IoError (missing, a directory, not readable, larger than `limit` bytes).
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{1} << 36);
std::string read_text_file(const std::filesystem::path& path);

/// Replaces `path` by `bytes`: a temporary file beside it, fsync, rename, fsync of the folder.  On failure the old file
/// stays, the temporary one is removed, and IoError names the path and the cause.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Makes the folder and those above it, where they are not there, durably; throws IoError naming it and the cause.
void make_folder(const std::filesystem::path& path);

/// Appends one line to a regular file, not by way of a link, and flushes it to the kernel.
void append_line(const std::filesystem::path& path, std::string_view line);

/// What was written to the file, and its name, survives a power loss from now on.
void sync_file(const std::filesystem::path& path);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

}  // namespace fokker
