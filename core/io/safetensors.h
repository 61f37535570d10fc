#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The content of a safetensors file: named tensors (F32, F64; F16 and BF16 are widened on reading) and text metadata.
struct SafeTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file and checks every offset against its size before use.  Throws IoError or ConfigError, which name the
/// file and the entry.
SafeTensors read_safetensors(const std::filesystem::path& path);
/// Reads a container from memory; messages call the file `name`.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name);
/// Returns the bytes of the container.
std::vector<std::byte> encode_safetensors(const SafeTensors& content);
/// Writes the container to a file, atomically.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& content);

}  // namespace fokker
