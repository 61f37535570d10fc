#include "fokker/experiments/checkpoint.h"

#include <algorithm>
#include <span>

#include "fokker/core/file.h"

namespace fokker {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kept = 2;

std::string digest(const SafeTensors& state) {
  std::string parts;
  for (const auto& [name, tensor] : state.tensors) {
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(tensor.raw()),
                                           static_cast<std::size_t>(tensor.bytes()));
    parts += name + " " + sha256(bytes) + "\n";
  }
  for (const auto& [key, value] : state.metadata)
    if (key != "sha256") parts += key + "=" + value + "\n";
  return sha256(parts);
}

/// Newest first; the names sort by step.
std::vector<fs::path> checkpoints(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (entry.path().extension() == ".safetensors" && entry.path().filename().string().starts_with("step-"))
      files.push_back(entry.path());
  std::ranges::sort(files, std::greater{});
  return files;
}

}  // namespace

void save_checkpoint(const fs::path& folder, SafeTensors state) {
  require<ConfigError>(state.metadata.contains("step"), "[checkpoint] expected a state with its step");
  state.metadata["sha256"] = digest(state);
  std::error_code failure;
  fs::create_directories(folder, failure);
  require<IoError>(!failure, "[checkpoint] {}: {}", folder.string(), failure.message());
  write_safetensors(folder / fmt::format("step-{:08}.safetensors", std::stoll(state.metadata["step"])), state);
  const auto files = checkpoints(folder);
  for (std::size_t i = kept; i < files.size(); ++i) fs::remove(files[i], failure);
}

SafeTensors load_checkpoint(const fs::path& file) {
  SafeTensors state = read_safetensors(file);
  const auto found = state.metadata.find("sha256");
  require<ConfigError>(found != state.metadata.end() && found->second == digest(state),
                       "{}: the content is not as it was written (SHA-256 differs); delete the file to go on from an "
                       "older checkpoint",
                       file.string());
  return state;
}

std::optional<SafeTensors> latest_checkpoint(const fs::path& folder) {
  for (const auto& file : checkpoints(folder)) try {
      return load_checkpoint(file);
    } catch (const ConfigError&) {  // damaged: an older one gives the same results, later
    }
  return std::nullopt;
}

}  // namespace fokker
