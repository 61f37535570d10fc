#include "fokker/python/support/keywords.h"

#include <algorithm>

namespace fokker::python {
namespace {

using Kind = ConfigNode::Kind;

/// Describes a value: "an array of shape (8, 8)", or Python's own text in short.
std::string description(const py::handle& value) {
  constexpr std::size_t longest = 60;
  if (py::hasattr(value, "shape")) return "an array of shape " + py::str(value.attr("shape")).cast<std::string>();
  const auto text = py::repr(value).cast<std::string>();
  return text.size() > longest ? text.substr(0, longest) + "…" : text;
}

/// The keywords of one call.
class Keywords {
 public:
  explicit Keywords(const std::vector<ConfigRow>& known) : known_(known) {}

  ConfigNode table(const py::dict& keywords, const std::string& path) const {
    ConfigNode node{.place = "keywords"};
    for (const auto& [key, item] : keywords) {
      if (item.is_none()) continue;
      const auto name = py::str(key).cast<std::string>();
      const std::string inner = path.empty() ? name : path + "." + name;
      node.keys.push_back(name);
      // The reader names the keys that it knows in place of an unknown key, whatever the value.
      node.items.push_back(path.empty() && !is_known(name) ? ConfigNode{.place = "keywords"} : value(item, inner));
    }
    return node;
  }

 private:
  bool is_known(const std::string& key) const {
    return std::ranges::any_of(known_, [&](const ConfigRow& row) {
      return row.key.starts_with(key) && (row.key.size() == key.size() || row.key.find_first_of(".[") == key.size());
    });
  }

  ConfigNode value(const py::handle& value, const std::string& path) const {
    if (py::isinstance<py::dict>(value)) return table(value.cast<py::dict>(), path);
    ConfigNode node{.place = "keywords"};
    if (py::isinstance<py::bool_>(value)) {
      node.kind = Kind::boolean;
      node.boolean = value.cast<bool>();
    } else if (is_integer(value)) {
      return integer(value, path);
    } else if (py::isinstance<py::str>(value)) {
      node.kind = Kind::text;
      node.text = value.cast<std::string>();
    } else if (PyFloat_Check(value.ptr())) {
      node.kind = Kind::real;
      node.real = value.cast<double>();
    } else if (const int rank = array_rank(value); rank == 0) {
      return this->value(value.attr("item")(), path);  // a scalar of NumPy's
    } else if (rank <= 1 && py::isinstance<py::iterable>(value)) {
      node.kind = Kind::list;
      for (const auto item : value) node.items.push_back(this->value(item, path));
    } else {
      refuse(value, path);
    }
    return node;
  }

  ConfigNode integer(const py::handle& value, const std::string& path) const {
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    int overflow = 0;
    ConfigNode node = detail::integer_node(PyLong_AsLongLongAndOverflow(number.ptr(), &overflow));
    if (overflow != 0) {
      const auto digits = detail::parse_unsigned(py::str(number).cast<std::string>());
      if (!digits) refuse(value, path);
      node = detail::unsigned_node(*digits);
    }
    node.place = "keywords";
    return node;
  }

  /// The number of axes; −1 for what is no array.
  static int array_rank(const py::handle& value) {
    return py::hasattr(value, "ndim") && py::hasattr(value, "item") ? value.attr("ndim").cast<int>() : -1;
  }

  [[noreturn]] void refuse(const py::handle& value, const std::string& path) const {
    const auto row = std::ranges::find(known_, path, &ConfigRow::key);
    const std::string wanted = row == known_.end() ? "a bool, a number, a text, a list or a dictionary"
                                                   : fmt::format("{} ({})", row->type, row->help);
    throw ConfigError(fmt::format("[keywords] {}: expected {}, got {}", path, wanted, description(value)));
  }

  const std::vector<ConfigRow>& known_;
};

}  // namespace

ConfigNode to_node(const py::dict& keywords, const std::vector<ConfigRow>& known) {
  return Keywords(known).table(keywords, "");
}

py::object to_object(const ConfigNode& node) {
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

}  // namespace fokker::python
