#include "fokker/core/config/config_schema.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fokker/core/base/names.h"

namespace fokker::detail {
namespace {

using Kind = ConfigNode::Kind;
using Type = ConfigSchema::Type;
using Json = nlohmann::ordered_json;

std::string joined(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

std::vector<std::string> allowed_names(const Constraint& constraint) {
  if (constraint.list_names) return constraint.list_names();
  std::vector<std::string> names;
  for (const char* name : constraint.names)
    if (name) names.emplace_back(name);
  return names;
}

std::string join(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// "3" rather than "3.0" for the bounds of integers.
std::string bound_text(double bound) { return fmt::format("{}", bound); }

std::string bounds_text(const Constraint& c) {
  std::vector<std::string> parts;
  if (std::isfinite(c.low)) parts.push_back((c.low_open ? "> " : "≥ ") + bound_text(c.low));
  if (std::isfinite(c.high)) parts.push_back((c.high_open ? "< " : "≤ ") + bound_text(c.high));
  std::string out = fmt::format("{}", fmt::join(parts, " and "));
  if (const auto names = allowed_names(c); !names.empty()) out += (out.empty() ? "" : "; ") + join(names);
  if (c.nonempty) out += out.empty() ? "not empty" : "; not empty";
  if (c.required) out += out.empty() ? "required" : "; required";
  return out;
}

/// "an integer", "a list of 2 numbers".
std::string type_text(const ConfigSchema& schema) {
  static constexpr const char* one[] = {"true or false", "an integer", "a number", "text", "a list", "a table"};
  static constexpr const char* many[] = {"booleans", "integers", "numbers", "texts", "lists", "tables"};
  if (schema.type == Type::list) {
    const std::string length = schema.length >= 0 ? fmt::format("{} ", schema.length) : "";
    return fmt::format("a list of {}{}", length, many[static_cast<int>(schema.children[0].type)]);
  }
  const char* text = one[static_cast<int>(schema.type)];
  return schema.optional ? fmt::format("{} or \"none\"", text) : text;
}

[[noreturn]] void mismatch(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  std::string text = value_text(node);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  const char* hint = "";
  if (schema.type == Type::integer && node.kind == Kind::real) hint = "; write it without point and exponent";
  if (schema.type != Type::text && node.kind == Kind::text && text != "\"none\"") hint = "; write it without quotes";
  fail(node, path, fmt::format("expected {}, got {}{}", type_text(schema), text, hint));
}

/// Every integer but a seed fits 32 bits, so that no later cast changes it.
void check_integer(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  if (schema.big && node.kind == Kind::text && parse_unsigned(node.text)) return;
  if (node.kind != Kind::integer) mismatch(node, schema, path);
  const std::int64_t lowest = std::max<std::int64_t>(schema.lowest, INT32_MIN);
  const std::int64_t highest = schema.big ? INT64_MAX : std::min<std::int64_t>(schema.highest, INT32_MAX);
  if (node.integer < lowest) fail(node, path, fmt::format("expected an integer ≥ {}, got {}", lowest, node.integer));
  if (node.integer > highest) fail(node, path, fmt::format("expected an integer ≤ {}, got {}", highest, node.integer));
}

/// Every real number fits f32, in which most of the work is done.
void check_finite(double value, const ConfigNode& node, const std::string& path) {
  constexpr double largest = std::numeric_limits<float>::max();
  if (std::abs(value) <= largest) return;
  fail(node, path,
       fmt::format("expected a number between {:.3g} and {:.3g}, got {}", -largest, largest, value_text(node)));
}

void check_bounds(double value, const ConfigNode& node, const Constraint& c, const std::string& path) {
  check_finite(value, node, path);
  const bool low = c.low_open ? value > c.low : value >= c.low;
  const bool high = c.high_open ? value < c.high : value <= c.high;
  Constraint numbers{.low = c.low, .high = c.high, .low_open = c.low_open, .high_open = c.high_open};
  const bool open = !std::isfinite(c.low) && !std::isfinite(c.high) && !c.low_open && !c.high_open;
  if (!open && (!low || !high))
    fail(node, path, fmt::format("expected a value {}, got {}", bounds_text(numbers), value_text(node)));
}

void check_text(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  if (node.kind != Kind::text) mismatch(node, schema, path);
  if (schema.constraint.nonempty && node.text.empty()) fail(node, path, "expected a text that is not empty");
  const auto names = allowed_names(schema.constraint);
  if (names.empty() || std::find(names.begin(), names.end(), node.text) != names.end()) return;
  fail(node, path, unknown_name(node.text, names));
}

void check_value(const ConfigNode& node, const ConfigSchema& schema, const std::string& path);

void check_list(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  if (node.kind != Kind::list) {
    const bool tables = schema.children[0].type == Type::table;
    if (tables) fail(node, path, fmt::format("expected an array of tables; write [[{}]] for each", path));
    mismatch(node, schema, path);
  }
  const auto size = static_cast<std::int64_t>(node.items.size());
  if (schema.length >= 0 && size != schema.length)
    fail(node, path, fmt::format("expected a list of {}, got {} values", schema.length, size));
  if (schema.constraint.nonempty && size == 0) fail(node, path, "expected a list that is not empty");
  ConfigSchema element = schema.children[0];
  if (element.type != Type::table) element.constraint = schema.constraint;
  if (element.type == Type::list) element.constraint.nonempty = false;
  for (std::size_t i = 0; i < node.items.size(); ++i)
    check_value(node.items[i], element, joined(path, std::to_string(i)));
}

/// Keys of `schema` and of the tables inside it whose last part is `name`: for a key given in the wrong table.
void find_elsewhere(const ConfigSchema& schema, const std::string& name, const std::string& path,
                    std::vector<std::string>& found) {
  for (const ConfigSchema& child : schema.children) {
    if (child.name == name) found.push_back(joined(path, name));
    if (child.type == Type::table) find_elsewhere(child, name, joined(path, child.name), found);
  }
}

[[noreturn]] void unknown_key(const ConfigNode& item, const std::string& key, const ConfigSchema& schema,
                              const std::string& path) {
  std::vector<std::string> names, deeper;
  for (const ConfigSchema& child : schema.children) names.push_back(child.name);
  find_elsewhere(schema, key, path, deeper);
  const std::string nearest = nearest_name(key, names);
  std::string hint = "known keys: " + join(names);
  if (!deeper.empty())
    hint = fmt::format("did you mean {}?", deeper[0]);
  else if (!nearest.empty())
    hint = fmt::format("did you mean {}?", joined(path, nearest));
  fail(item, joined(path, key), "unknown key; " + hint);
}

void check_table(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  if (node.kind != Kind::table) mismatch(node, schema, path);
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto is_key = [&](const ConfigSchema& child) { return child.name == node.keys[i]; };
    const auto child = std::find_if(schema.children.begin(), schema.children.end(), is_key);
    if (child == schema.children.end()) unknown_key(node.items[i], node.keys[i], schema, path);
    check_value(node.items[i], *child, joined(path, child->name));
  }
  for (const ConfigSchema& child : schema.children) {
    const std::string key = joined(path, child.name);
    if (node.find(child.name)) continue;
    if (child.constraint.required) fail(node, key, fmt::format("missing; give {}: {}", type_text(child), child.help));
    // A table that is not given at all may still have keys that must be.
    if (child.type == Type::table) check_table({.place = node.place}, child, key);
  }
}

void check_value(const ConfigNode& node, const ConfigSchema& schema, const std::string& path) {
  if (schema.optional && is_none(node)) return;
  switch (schema.type) {
    case Type::boolean:
      if (node.kind != Kind::boolean) mismatch(node, schema, path);
      break;
    case Type::integer:
      check_integer(node, schema, path);
      if (node.kind == Kind::integer) check_bounds(static_cast<double>(node.integer), node, schema.constraint, path);
      break;
    case Type::real:
      if (node.kind != Kind::real && node.kind != Kind::integer) mismatch(node, schema, path);
      check_bounds(node.kind == Kind::real ? node.real : static_cast<double>(node.integer), node, schema.constraint,
                   path);
      break;
    case Type::text: check_text(node, schema, path); break;
    case Type::list: check_list(node, schema, path); break;
    case Type::table: check_table(node, schema, path); break;
  }
}

void describe_into(std::vector<ConfigRow>& rows, const ConfigSchema& schema, const std::string& path) {
  for (const ConfigSchema& child : schema.children) {
    const std::string key = joined(path, child.name);
    if (child.type == Type::table) {
      describe_into(rows, child, key);
    } else if (child.type == Type::list && child.children[0].type == Type::table) {
      describe_into(rows, child.children[0], key + "[]");
    } else {
      const bool given = child.constraint.required;
      rows.push_back(
          {key, type_text(child), given ? "" : value_text(child.fallback), child.help, bounds_text(child.constraint)});
    }
  }
}

Json to_json(const ConfigNode& node) {
  switch (node.kind) {
    case Kind::boolean: return node.boolean;
    case Kind::integer: return node.integer;
    case Kind::real: return std::isfinite(node.real) ? Json(node.real) : Json(real_text(node.real));
    case Kind::text: return node.text;
    case Kind::list: {
      Json list = Json::array();
      for (const ConfigNode& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Kind::table: {
      Json table = Json::object();
      for (std::size_t i = 0; i < node.keys.size(); ++i) table[node.keys[i]] = to_json(node.items[i]);
      return table;
    }
  }
  return {};
}

Json schema_json(const ConfigSchema& schema);

void add_constraint(Json& out, const ConfigSchema& schema) {
  const Constraint& c = schema.constraint;
  if (std::isfinite(c.low)) out[c.low_open ? "exclusiveMinimum" : "minimum"] = c.low;
  if (std::isfinite(c.high)) out[c.high_open ? "exclusiveMaximum" : "maximum"] = c.high;
  if (const auto names = allowed_names(c); !names.empty()) out["enum"] = names;
}

Json list_json(const ConfigSchema& schema) {
  ConfigSchema element = schema.children[0];
  if (element.type != Type::table) element.constraint = schema.constraint;
  Json out{{"type", "array"}, {"items", schema_json(element)}};
  if (schema.length >= 0) out["minItems"] = out["maxItems"] = schema.length;
  if (schema.constraint.nonempty && schema.length < 0) out["minItems"] = 1;
  return out;
}

Json table_json(const ConfigSchema& schema) {
  Json properties = Json::object(), needed = Json::array();
  for (const ConfigSchema& child : schema.children) {
    properties[child.name] = schema_json(child);
    if (child.constraint.required) needed.push_back(child.name);
  }
  Json out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!needed.empty()) out["required"] = std::move(needed);
  return out;
}

Json schema_json(const ConfigSchema& schema) {
  static constexpr const char* names[] = {"boolean", "integer", "number", "string"};
  Json out;
  if (schema.type == Type::list) {
    out = list_json(schema);
  } else if (schema.type == Type::table) {
    out = table_json(schema);
  } else {
    out["type"] = names[static_cast<int>(schema.type)];
    add_constraint(out, schema);
    if (schema.optional) out = Json{{"anyOf", Json::array({std::move(out), Json{{"const", "none"}}})}};
  }
  if (!schema.help.empty()) out["description"] = schema.help;
  if (!schema.name.empty() && schema.type != Type::table && !schema.constraint.required)
    out["default"] = to_json(schema.fallback);
  return out;
}

}  // namespace

void check(const ConfigNode& node, const ConfigSchema& schema) { check_value(node, schema, ""); }

std::vector<ConfigRow> describe(const ConfigSchema& schema) {
  std::vector<ConfigRow> rows;
  describe_into(rows, schema, "");
  return rows;
}

std::string json_schema(const ConfigSchema& schema) {
  Json out = schema_json(schema);
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  return out.dump(2);
}

}  // namespace fokker::detail
