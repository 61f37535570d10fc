#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// Returns all bytes of a regular file.  Throws IoError for a path that is missing, a folder, a device or a pipe.
/// Throws IoError also for a file that cannot be read, or is larger than `limit` bytes or the memory available.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{1} << 36);
std::string read_text_file(const std::filesystem::path& path);

/// Throws ConfigError "WHERE: …" unless `name` can be that of a file in any folder.  Such a name has 1 to 100 bytes,
/// neither slashes nor control characters, and no dot at the start.
void require_file_name(std::string_view name, std::string_view where);

/// Throws IoError where no file can be written at `path`: where its folder is missing, or the path leads to a folder, a
/// device, a pipe or a socket.
void require_file_place(const std::filesystem::path& path);

/// Throws IoError where something other than a folder is at `path`.
void require_folder_place(const std::filesystem::path& path);

/// Replaces the file at `path`: writes a temporary file beside it, then calls fsync, rename, and fsync of the folder.
/// When this fails the old file stays, the temporary one is removed, and IoError names the path and the cause.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Makes the missing ones of the folder and those above it, durably.  Throws
/// IoError, which names the folder and the cause.
void make_folder(const std::filesystem::path& path);

/// Appends one line to a regular file and flushes the line to the kernel.  Throws IoError for a symbolic link.
void append_line(const std::filesystem::path& path, std::string_view line);

/// Makes what was written to the file, and the file's name, survive a power loss from now on.  Throws IoError.
void sync_file(const std::filesystem::path& path);

/// Returns the SHA-256 [fips180-4] of the bytes in lower-case hexadecimal.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

}  // namespace fokker
