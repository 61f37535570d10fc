// Writing documents, sweeps and nearest names.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "fokker/core/base/names.h"
#include "fokker/core/config/config_schema.h"

namespace fokker {
namespace detail {
namespace {

using Kind = ConfigNode::Kind;

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04X}", byte);
    else
      out += c;
  }
  return out + '"';
}

std::string key_text(const std::string& key) {
  const auto bare = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
  return !key.empty() && std::all_of(key.begin(), key.end(), bare) ? key : quote(key);
}

bool is_table_list(const ConfigNode& node) {
  const auto table = [](const ConfigNode& item) { return item.kind == Kind::table; };
  return node.kind == Kind::list && !node.items.empty() && std::all_of(node.items.begin(), node.items.end(), table);
}

std::string inline_text(const ConfigNode& node);

std::string join_items(const ConfigNode& node) {
  std::string out;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i) out += ", ";
    if (node.kind == Kind::table) out += key_text(node.keys[i]) + " = ";
    out += inline_text(node.items[i]);
  }
  return out;
}

std::string inline_text(const ConfigNode& node) {
  switch (node.kind) {
    case Kind::boolean: return node.boolean ? "true" : "false";
    case Kind::integer: return fmt::format("{}", node.integer);
    case Kind::real: return real_text(node.real);
    case Kind::text: return quote(node.text);
    case Kind::list: return "[" + join_items(node) + "]";
    case Kind::table: return node.items.empty() ? "{}" : "{ " + join_items(node) + " }";
  }
  return {};
}

/// Values first, then sub-tables: TOML gives a value below a header to that header's table.
void write_table(std::string& out, const ConfigNode& table, const std::string& path) {
  for (std::size_t i = 0; i < table.keys.size(); ++i)
    if (table.items[i].kind != Kind::table && !is_table_list(table.items[i]))
      out += fmt::format("{} = {}\n", key_text(table.keys[i]), inline_text(table.items[i]));
  for (std::size_t i = 0; i < table.keys.size(); ++i) {
    const ConfigNode& item = table.items[i];
    const std::string inner = path.empty() ? key_text(table.keys[i]) : path + "." + key_text(table.keys[i]);
    const std::string gap = out.empty() ? "" : "\n";
    if (item.kind == Kind::table) {
      out += fmt::format("{}[{}]\n", gap, inner);
      write_table(out, item, inner);
    } else if (is_table_list(item)) {
      for (const ConfigNode& element : item.items) {
        out += fmt::format("{}[[{}]]\n", out.empty() ? "" : "\n", inner);
        write_table(out, element, inner);
      }
    }
  }
}

}  // namespace

std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string out = fmt::format("{}", value);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string value_text(const ConfigNode& node) { return inline_text(node); }

std::string to_toml(const ConfigNode& root) {
  std::string out;
  write_table(out, root, "");
  return out;
}

ConfigNode boolean_node(bool value) { return {.kind = Kind::boolean, .boolean = value}; }
ConfigNode integer_node(std::int64_t value) { return {.kind = Kind::integer, .integer = value}; }
ConfigNode real_node(double value) { return {.kind = Kind::real, .real = value}; }
ConfigNode text_node(std::string value) { return {.kind = Kind::text, .text = std::move(value)}; }

// TOML's integers end at 2^63 − 1; larger ones are digits in quotes.
ConfigNode unsigned_node(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return text_node(std::to_string(value));
  return integer_node(static_cast<std::int64_t>(value));
}

std::uint64_t to_unsigned(const ConfigNode& node) {
  return node.kind == Kind::integer ? static_cast<std::uint64_t>(node.integer) : parse_unsigned(node.text).value_or(0);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return value;
}

bool is_none(const ConfigNode& node) { return node.kind == Kind::text && node.text == "none"; }

void add(ConfigNode& table, std::string key, ConfigNode value) {
  table.keys.push_back(std::move(key));
  table.items.push_back(std::move(value));
}

void fail(const ConfigNode& node, const std::string& key, std::string_view message) {
  throw ConfigError(
      fmt::format("{}{}{}{}{}", node.place, node.place.empty() ? "" : ": ", key, key.empty() ? "" : ": ", message));
}

}  // namespace detail

namespace {

/// "KEY=a,b,[1,2]" at the commas outside brackets and quotes.
std::vector<std::string> split_axis(std::string_view axis) {
  const auto equals = axis.find('=');
  require<ConfigError>(equals != std::string_view::npos && equals > 0,
                       "sweep: expected KEY=VALUE,VALUE as in train.batch=64,128, got \"{}\"", axis);
  const std::string key(axis.substr(0, equals + 1));
  std::vector<std::string> values{key};
  int depth = 0;
  char open_quote = 0;
  for (const char c : axis.substr(equals + 1)) {
    if (open_quote) {
      if (c == open_quote) open_quote = 0;
    } else if (c == '"' || c == '\'') {
      open_quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.push_back(key);
      continue;
    }
    values.back() += c;
  }
  for (const std::string& value : values)
    require<ConfigError>(value.size() > key.size(), "sweep: \"{}\" has an empty value", axis);
  return values;
}

}  // namespace

std::vector<std::vector<std::string>> expand_sweep(const std::vector<std::string>& axes) {
  std::vector<std::vector<std::string>> runs(1);
  for (const std::string& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& run : runs)
      for (const std::string& value : split_axis(axis)) {
        longer.push_back(run);
        longer.back().push_back(value);
      }
    require<ConfigError>(longer.size() <= 100'000, "sweep: more than 100,000 combinations; name fewer values");
    runs = std::move(longer);
  }
  return runs;
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
  const auto nearest = nearest_names(name, names);
  return nearest.empty() ? "" : nearest.front();
}

}  // namespace fokker
