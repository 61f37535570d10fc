#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fokker/python/support/bindings.h"

namespace fokker::python {

/// The arguments of an object's constructor, by name.
using ParameterList = std::vector<std::pair<const char*, py::object>>;

/// Writes a call, such as "VP(beta_min=0.1, beta_max=20.0)"; a long tuple shows its first entries.
std::string call_text(const std::string& type, const ParameterList& parameters);

/// Binds texts, == and hash of SDEs and mixtures, after these are bound.
void bind_descriptions();

}  // namespace fokker::python
