#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_document.h"
#include "fokker/core/config/config_fields.h"

namespace fokker {

/// One key of a config struct, for --help and the documentation, such as "train.steps", "integer", "3000", "number of
/// optimizer steps", "≥ 1".  A key inside an array of tables is written "sample[].steps".
struct ConfigRow {
  std::string key, type, fallback, help, bounds;
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T, class A>
inline constexpr bool is_list<std::vector<T, A>> = true;
template <class T, std::size_t N>
inline constexpr bool is_list<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

/// The content of a struct's field table, free of templates.
struct ConfigSchema {
  enum class Type : std::uint8_t { boolean, integer, real, text, list, table };
  Type type = Type::table;
  bool optional = false;  // the value may be "none"
  bool big = false;       // an unsigned integer of 64 bits
  std::int64_t lowest = INT64_MIN, highest = INT64_MAX;
  std::int64_t length = -1;  // the number of values of a list of fixed length
  std::string name = {}, help = {};
  Constraint constraint = {};
  ConfigNode fallback = {};
  std::vector<ConfigSchema> children = {};  // the fields of a table; the element of a list
};

ConfigNode boolean_node(bool value);
ConfigNode integer_node(std::int64_t value);
ConfigNode unsigned_node(std::uint64_t value);
ConfigNode real_node(double value);
ConfigNode text_node(std::string value);
std::uint64_t to_unsigned(const ConfigNode& node);
bool is_none(const ConfigNode& node);
void add(ConfigNode& table, std::string key, ConfigNode value);
/// Throws ConfigError "FILE:LINE: key: message".
[[noreturn]] void fail(const ConfigNode& node, const std::string& key, std::string_view message);
/// Throws ConfigError unless `node` fits the schema in its keys, types, lengths,
/// bounds and names, and has every required key.
void check(const ConfigNode& node, const ConfigSchema& schema);
std::optional<std::uint64_t> parse_unsigned(std::string_view digits);
/// Return the TOML of a whole document, of one value, and of a double.  A double is written in the fewest digits that
/// read back as the same bits.
std::string to_toml(const ConfigNode& root);
std::string value_text(const ConfigNode& node);
std::string real_text(double value);
std::vector<ConfigRow> describe(const ConfigSchema& schema);
std::string json_schema(const ConfigSchema& schema);

}  // namespace detail
}  // namespace fokker
