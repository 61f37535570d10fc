#pragma once

#include <string>
#include <string_view>

namespace fokker::detail {

/// Throws ConfigError "FILE:LINE: …" for TOML that no config needs and that overflows the stack or takes minutes to read:
/// keys of more than 32 parts or 1,024 characters, and lists and tables more than 32 deep in one another.
void check_bounds(std::string_view text, const std::string& filename);

}  // namespace fokker::detail
