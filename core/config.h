#pragma once
// Field tables: one table per config struct serves files, overrides, help, dumping and Python keywords.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/error.h"

namespace fokker {

// (the io helper designs this file; see shared/reading.md "A config")

}  // namespace fokker
