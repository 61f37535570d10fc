#pragma once
// Python keywords as config structs: the same field tables, checks and messages as for files.

#include "fokker/core/config/config.h"
#include "fokker/python/support/bindings.h"

namespace fokker::python {

/// A document of bools, numbers, texts, lists and dictionaries, NumPy's among them; None means the default.  `known` are
/// the keys that there are: ConfigError names the key of a value that no document holds, and what belongs there.
ConfigNode to_node(const py::dict& keywords, const std::vector<ConfigRow>& known);

py::object to_object(const ConfigNode& node);

/// A config struct as a dictionary.
template <HasFields T>
py::object to_dictionary(const T& value) {
  return to_object(detail::encode(value));
}

template <HasFields T>
T from_keywords(const py::dict& keywords, T defaults = {}) {
  return read<T>(Config(to_node(keywords, describe<T>(defaults))), std::move(defaults));
}

}  // namespace fokker::python
