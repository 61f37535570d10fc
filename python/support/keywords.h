#pragma once
// Reads Python keywords as config structs, with the field tables, checks and messages of files.

#include "fokker/core/config/config.h"
#include "fokker/python/support/bindings.h"

namespace fokker::python {

/// Makes a document of bools, numbers, texts, lists and dictionaries, including NumPy's; None means the default.
/// `known` are the existing keys.  Throws ConfigError that names the key of a value that no document holds, and what
/// belongs there.
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
