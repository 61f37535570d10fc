#pragma once
// One field table per config struct (core/config/config_fields.h) serves files, overrides, sweeps, help, dumping and Python.

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "fokker/core/config/config_document.h"
#include "fokker/core/config/config_fields.h"
#include "fokker/core/config/config_schema.h"

namespace fokker {
namespace detail {
template <class T, class F>
void for_each_field(F&& f) {
  std::apply([&](const auto&... field) { (f(field), ...); }, T::fields);
}

/// Turns a value into a document.
template <class T>
ConfigNode encode(const T& value) {
  if constexpr (HasFields<T>) {
    ConfigNode table;
    for_each_field<T>([&](const auto& field) { add(table, field.name, encode(value.*field.member)); });
    return table;
  } else if constexpr (is_optional<T>) {
    return value ? encode(*value) : text_node("none");
  } else if constexpr (is_list<T>) {
    ConfigNode list{.kind = ConfigNode::Kind::list};
    for (const auto& element : value) list.items.push_back(encode<typename T::value_type>(element));
    return list;
  } else if constexpr (std::is_same_v<T, bool>) {
    return boolean_node(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    return unsigned_node(value);
  } else if constexpr (std::is_integral_v<T>) {
    return integer_node(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return real_node(value);
  } else {
    static_assert(std::is_same_v<T, std::string>, "config members: bool, integers, double, text, lists, structs");
    return text_node(value);
  }
}

/// Reads a node that `check` has passed into `value`.  Members that the document does not name keep their values.
template <class T>
void decode(const ConfigNode& node, T& value, const std::string& key) {
  if constexpr (HasFields<T>) {
    for_each_field<T>([&](const auto& field) {
      const std::string inner = key.empty() ? field.name : key + "." + field.name;
      if (const ConfigNode* item = node.find(field.name)) decode(*item, value.*field.member, inner);
    });
    if constexpr (requires { value.validate(); }) {
      try {
        value.validate();
      } catch (const ConfigError& error) {
        fail(node, key, error.what());
      }
    }
  } else if constexpr (is_optional<T>) {
    value.reset();
    if (!is_none(node)) decode(node, value.emplace(), key);
  } else if constexpr (is_list<T>) {
    if constexpr (!is_array<T>) value.assign(node.items.size(), typename T::value_type{});
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      typename T::value_type element{};
      decode(node.items[i], element, key + "." + std::to_string(i));
      value[i] = std::move(element);
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    value = node.boolean;
  } else if constexpr (std::is_unsigned_v<T>) {
    value = static_cast<T>(to_unsigned(node));
  } else if constexpr (std::is_integral_v<T>) {
    value = static_cast<T>(node.integer);
  } else if constexpr (std::is_floating_point_v<T>) {
    value = static_cast<T>(node.kind == ConfigNode::Kind::integer ? static_cast<double>(node.integer) : node.real);
  } else {
    value = node.text;
  }
}

/// Describes T, with the defaults of `value`.
template <class T>
ConfigSchema schema_of(const T& value) {
  using Type = ConfigSchema::Type;
  if constexpr (is_optional<T>) {
    ConfigSchema schema = schema_of(value.value_or(typename T::value_type{}));
    schema.optional = true;
    schema.fallback = encode(value);
    return schema;
  } else {
    ConfigSchema schema{.fallback = encode(value)};
    if constexpr (HasFields<T>) {
      for_each_field<T>([&](const auto& field) {
        ConfigSchema child = schema_of(value.*field.member);
        child.name = field.name;
        child.help = field.help;
        child.constraint = field.constraint;
        schema.children.push_back(std::move(child));
      });
    } else if constexpr (is_list<T>) {
      schema.type = Type::list;
      schema.children.push_back(schema_of(typename T::value_type{}));
      if constexpr (is_array<T>) schema.length = static_cast<std::int64_t>(std::tuple_size_v<T>);
    } else if constexpr (std::is_same_v<T, bool>) {
      schema.type = Type::boolean;
    } else if constexpr (std::is_integral_v<T>) {
      schema.type = Type::integer;
      schema.big = std::is_same_v<T, std::uint64_t>;
      schema.lowest = static_cast<std::int64_t>(std::numeric_limits<T>::min());
      if constexpr (sizeof(T) < 8) schema.highest = static_cast<std::int64_t>(std::numeric_limits<T>::max());
    } else {
      schema.type = std::is_floating_point_v<T> ? Type::real : Type::text;
    }
    return schema;
  }
}
}  // namespace detail

/// Returns the struct that a document describes, with the members of `defaults` where the document names none.  Throws
/// ConfigError for an unknown key (with the nearest), a wrong type, a value out of bounds or a missing required key.
template <HasFields T>
T read(const Config& config, T defaults = {}) {
  detail::check(config.root(), detail::schema_of(defaults));
  detail::decode(config.root(), defaults, "");
  return defaults;
}

/// Returns TOML in the order of the field table.  It reads back as the same value, to the last bit of every double.
template <HasFields T>
std::string dump(const T& value) {
  return detail::to_toml(detail::encode(value));
}

/// Returns the keys of T for help and documentation.
template <HasFields T>
std::vector<ConfigRow> describe(const T& defaults = {}) {
  return detail::describe(detail::schema_of(defaults));
}

/// Returns the JSON schema (draft 2020-12) of T, for editors and web forms.
template <HasFields T>
std::string json_schema(const T& defaults = {}) {
  return detail::json_schema(detail::schema_of(defaults));
}

}  // namespace fokker
