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

/// The safetensors container: named tensors (F32, F64; F16 and BF16 are widened on reading) and text metadata.
struct SafeTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;
};

/// Every offset is checked against the file before use; throws IoError or ConfigError naming the file and the entry.
SafeTensors read_safetensors(const std::filesystem::path& path);
/// The same from memory; `name` is for messages.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name);
/// The container's bytes.
std::vector<std::byte> encode_safetensors(const SafeTensors& content);
/// Written atomically.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& content);

}  // namespace fokker
