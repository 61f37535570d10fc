#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include "fokker/core/io/safetensors.h"

namespace fokker {

/// Writes `state`, which holds its "step", as FOLDER/step-NNNNNNNN.safetensors, with the SHA-256 of its tensors.  The
/// file is written whole or not at all.  Afterwards all but the last two files are removed.
void save_checkpoint(const std::filesystem::path& folder, SafeTensors state);

/// Writes `state` as save_checkpoint does, but removes no other file.
void save_snapshot(const std::filesystem::path& folder, SafeTensors state);
/// The files of a folder by their step.
std::map<std::int64_t, std::filesystem::path> saved_steps(const std::filesystem::path& folder);

/// Reads a checkpoint.  Throws ConfigError where the content is not as it was written.
SafeTensors load_checkpoint(const std::filesystem::path& file);

/// The newest intact checkpoint of the folder, if there is one.
std::optional<SafeTensors> latest_checkpoint(const std::filesystem::path& folder);

}  // namespace fokker
