#pragma once

#include <string>
#include <vector>

namespace fokker {

/// The version of Fokker, such as "0.1.0".
std::string version();

/// What the results of a run may depend on beside its config, as a JSON object: version, compiler, libraries, CPU,
/// instruction set, threads and command line.
std::string provenance_json(const std::vector<std::string>& command_line);

}  // namespace fokker
