#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fokker/core/base/error.h"

namespace fokker {

/// A value of a document, and the place where it stands.
struct ConfigNode {
  enum class Kind : std::uint8_t { boolean, integer, real, text, list, table };
  Kind kind = Kind::table;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text = {};
  std::vector<std::string> keys = {};  // the keys of a table, one for each item
  std::vector<ConfigNode> items = {};  // the items of a table or list
  std::string place = {};              // such as "digits.toml:14" or "command line"

  /// Returns the item of a table under `key`, or nullptr where there is none.
  const ConfigNode* find(std::string_view key) const;
};

/// A TOML document in which `base = "other.toml"` is resolved: the base's path is relative to the file that names it.
/// Tables of the document are merged into those of the base; any other value replaces the base's.  All functions throw
/// ConfigError "FILE:LINE: key: what is wrong", and IoError for a file that cannot be read.
class Config {
 public:
  Config() = default;
  explicit Config(ConfigNode root) : root_(std::move(root)) {}
  static Config load(const std::filesystem::path& path);
  static Config parse(std::string_view text, const std::string& filename = "config");

  /// Makes a document of overrides alone, each as in `set`.
  static Config of(const std::vector<std::string>& assignments);

  /// Applies an override such as "train.steps=20" or "sample.0.steps=20".  The
  /// value is TOML, or a bare word, which is text.
  void set(std::string_view assignment);
  /// Returns TOML with sorted keys, so that equal content gives equal text.
  std::string to_text() const;
  const ConfigNode& root() const { return root_; }

 private:
  ConfigNode root_;
};

/// Returns every combination of the sweep axes {"a.b=1,2", "c=x,y"}, as lists of overrides; the last axis varies
/// fastest.  Throws ConfigError for an axis that is not KEY=VALUE,VALUE, and for more than 100,000 combinations.
std::vector<std::vector<std::string>> expand_sweep(const std::vector<std::string>& axes);

/// Returns the name nearest to `name` by edit distance, for "did you mean …?", or "" where none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace fokker
