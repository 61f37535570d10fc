#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include "fokker/core/io/safetensors.h"

namespace fokker {

/// Writes `state`, which holds its "step", as FOLDER/step-NNNNNNNN.safetensors, whole or not at all, with the SHA-256 of
/// its tensors; then removes all but the last two.
void save_checkpoint(const std::filesystem::path& folder, SafeTensors state);

/// The same without removing others: a snapshot.
void save_snapshot(const std::filesystem::path& folder, SafeTensors state);
/// The files of a folder, by their step.
std::map<std::int64_t, std::filesystem::path> saved_steps(const std::filesystem::path& folder);

/// Throws ConfigError for content that is not as it was written.
SafeTensors load_checkpoint(const std::filesystem::path& file);

/// The newest checkpoint of the folder that is intact, if any.
std::optional<SafeTensors> latest_checkpoint(const std::filesystem::path& folder);

}  // namespace fokker
