#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fokker/core/base/error.h"

namespace fokker {

/// A value of a document, and where it stands.
struct ConfigNode {
  enum class Kind : std::uint8_t { boolean, integer, real, text, list, table };
  Kind kind = Kind::table;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text = {};
  std::vector<std::string> keys = {};  // of a table, one for each item
  std::vector<ConfigNode> items = {};  // of a table or list
  std::string place = {};              // "digits.toml:14", "command line"

  /// The item of a table, or nullptr.
  const ConfigNode* find(std::string_view key) const;
};

/// A TOML document with `base = "other.toml"` (relative to the file that says so) resolved: tables are merged, anything
/// else is replaced.  Everything here throws ConfigError "FILE:LINE: key: what is wrong", and IoError for a file that
/// cannot be read.
class Config {
 public:
  Config() = default;
  explicit Config(ConfigNode root) : root_(std::move(root)) {}
  static Config load(const std::filesystem::path& path);
  static Config parse(std::string_view text, const std::string& filename = "config");

  /// A document of overrides alone.
  static Config of(const std::vector<std::string>& assignments);

  /// An override "train.steps=20" or "sample.0.steps=20"; the value is TOML, or a bare word as text.
  void set(std::string_view assignment);
  /// TOML with sorted keys: the same text for the same content.
  std::string to_text() const;
  const ConfigNode& root() const { return root_; }

 private:
  ConfigNode root_;
};

/// Sweep axes {"a.b=1,2", "c=x,y"} → every combination, as lists of overrides; the last axis varies fastest.
std::vector<std::vector<std::string>> expand_sweep(const std::vector<std::string>& axes);

/// The name nearest to `name` by edit distance, or "" where none is near: for "did you mean …?".
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace fokker
