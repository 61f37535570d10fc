#pragma once
// Python keywords as config structs: the same field tables, checks and messages as for files.

#include "fokker/core/config.h"
#include "fokker/python/bindings.h"

namespace fokker::python {

/// A document of bools, numbers, texts, lists and dictionaries; None means the default.
inline ConfigNode to_node(const py::handle& value) {
  using Kind = ConfigNode::Kind;
  ConfigNode node{.place = "keywords"};
  if (py::isinstance<py::dict>(value)) {
    for (const auto& [key, item] : value.cast<py::dict>()) {
      if (item.is_none()) continue;
      node.keys.push_back(py::str(key).cast<std::string>());
      node.items.push_back(to_node(item));
    }
  } else if (py::isinstance<py::bool_>(value)) {
    node.kind = Kind::boolean;
    node.boolean = value.cast<bool>();
  } else if (is_integer(value)) {
    node.kind = Kind::integer;
    node.integer = value.cast<std::int64_t>();
  } else if (py::isinstance<py::str>(value)) {
    node.kind = Kind::text;
    node.text = value.cast<std::string>();
  } else if (PyFloat_Check(value.ptr())) {
    node.kind = Kind::real;
    node.real = value.cast<double>();
  } else if (py::isinstance<py::iterable>(value)) {
    node.kind = Kind::list;
    for (const auto item : value) node.items.push_back(to_node(item));
  } else {
    throw ConfigError("[keywords] expected a bool, a number, a text, a list or a dictionary, got " +
                      py::repr(value).cast<std::string>());
  }
  return node;
}

inline py::object to_object(const ConfigNode& node) {
  using Kind = ConfigNode::Kind;
  switch (node.kind) {
    case Kind::boolean: return py::bool_(node.boolean);
    case Kind::integer: return py::int_(node.integer);
    case Kind::real: return py::float_(node.real);
    case Kind::text: return py::str(node.text);
    case Kind::list: {
      py::list list;
      for (const auto& item : node.items) list.append(to_object(item));
      return list;
    }
    case Kind::table: break;
  }
  py::dict table;
  for (std::size_t i = 0; i < node.keys.size(); ++i) table[py::str(node.keys[i])] = to_object(node.items[i]);
  return table;
}

/// A config struct as a dictionary.
template <HasFields T>
py::object to_dictionary(const T& value) {
  return to_object(detail::encode(value));
}

template <HasFields T>
T from_keywords(const py::dict& keywords, T defaults = {}) {
  return read<T>(Config(to_node(keywords)), std::move(defaults));
}

}  // namespace fokker::python
