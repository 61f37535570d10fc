#include "fokker/experiments/training/checkpoint.h"

#include <charconv>
#include <ranges>
#include <span>

#include "fokker/core/io/file.h"

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

constexpr std::string_view prefix = "step-", suffix = ".safetensors";

/// The step that a file's name says, or −1.
std::int64_t step_of(const std::string& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size()) return -1;
  std::int64_t step = -1;
  const char *first = name.data() + prefix.size(), *last = name.data() + name.size() - suffix.size();
  const auto [end, error] = std::from_chars(first, last, step);
  return error == std::errc{} && end == last ? step : -1;
}

}  // namespace

std::map<std::int64_t, fs::path> saved_steps(const fs::path& folder) {
  std::map<std::int64_t, fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (const std::int64_t step = step_of(entry.path().filename().string()); step >= 0) files[step] = entry.path();
  return files;
}

void save_snapshot(const fs::path& folder, SafeTensors state) {
  require<ConfigError>(state.metadata.contains("step"), "[checkpoint] expected a state with its step");
  state.metadata["sha256"] = digest(state);
  make_folder(folder);
  write_safetensors(folder / fmt::format("{}{:08}{}", prefix, std::stoll(state.metadata["step"]), suffix), state);
}

void save_checkpoint(const fs::path& folder, SafeTensors state) {
  save_snapshot(folder, std::move(state));
  const auto files = saved_steps(folder);
  auto file = files.begin();
  std::error_code failure;
  for (std::size_t left = files.size(); left > kept; --left, ++file) fs::remove(file->second, failure);
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
  for (const auto& [step, file] : std::views::reverse(saved_steps(folder))) try {
      return load_checkpoint(file);
    } catch (const ConfigError&) {  // damaged: an older checkpoint gives the same results, later
    }
  return std::nullopt;
}

}  // namespace fokker
