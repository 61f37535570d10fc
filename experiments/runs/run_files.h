#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace fokker {

// The files of a run's folder, which may come from elsewhere or from a damaged disk.

/// Throws IoError where the folder holds a pipe, a socket or a device.  Throws IoError where a symbolic link stands in
/// place of a file that is appended to, or of a folder in which files are replaced.
void require_plain_files(const std::filesystem::path& run);

/// Merges `fields` (a JSON object) into run.json.
void update_run_json(const std::filesystem::path& run, std::string_view fields);
/// The fields of run.json at the end of a run.
std::string status_json(const char* status, const std::string& reason);
/// What run.json says of a run: "running", "done", "stopped", "failed", or "unknown".
std::string run_status(const std::filesystem::path& run);

/// Puts a whole file in place, and its SHA-256 into run.json.
void write_run_file(const std::filesystem::path& run, const std::string& name, std::span<const std::byte> bytes);
void write_run_file(const std::filesystem::path& run, const std::string& name, std::string_view text);
/// Puts the SHA-256 of an existing file into run.json.
void seal_run_file(const std::filesystem::path& run, const std::string& name);
/// Throws ConfigError, naming the file and `remedy`, where the file is not as it was written.  A file without a SHA-256
/// in run.json passes.
void require_intact(const std::filesystem::path& run, const std::string& name, std::string_view remedy);

/// Makes the first folder of PARENT/STEM-1, PARENT/STEM-2, … that does not exist.
std::filesystem::path make_numbered_folder(const std::filesystem::path& parent, const std::string& stem);
/// Throws ConfigError where `file` exists and its folder is that of a run, because the files of a run are not replaced.
void require_not_of_run(const std::filesystem::path& file);

}  // namespace fokker
