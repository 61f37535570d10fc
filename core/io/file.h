#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// The whole of a regular file; throws IoError (missing, a directory, a device or a pipe, not readable, larger than `limit`
/// bytes or than the memory available).
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{1} << 36);
std::string read_text_file(const std::filesystem::path& path);

/// Throws ConfigError "WHERE: …" unless `name` can be that of a file in any folder: without slashes and control
/// characters, with no dot at its start, of 1 to 100 bytes.
void require_file_name(std::string_view name, std::string_view where);

/// Throws IoError where no file can be at `path`: without its folder, or where a folder, a device, a pipe or a socket
/// is.
void require_file_place(const std::filesystem::path& path);

/// Throws IoError where something other than a folder is at `path`.
void require_folder_place(const std::filesystem::path& path);

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
