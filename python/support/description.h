#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fokker/python/support/bindings.h"

namespace fokker::python {

/// What the constructor of an object takes, by name.
using ParameterList = std::vector<std::pair<const char*, py::object>>;

/// "VP(beta_min=0.1, beta_max=20.0)"; of a long tuple the first entries.
std::string call_text(const std::string& type, const ParameterList& parameters);

/// Texts, == and hash of SDEs and mixtures, once they are bound.
void bind_descriptions();

}  // namespace fokker::python
