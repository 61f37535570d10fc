#pragma once

#include <string>
#include <string_view>

namespace fokker::detail {

/// Throws ConfigError "FILE:LINE: …" for TOML that would overflow the stack or take minutes to read.  A key has at most
/// 32 parts and 1,024 characters.  Lists and tables are at most 32 deep in one another.  No config needs more.
void check_bounds(std::string_view text, const std::string& filename);

}  // namespace fokker::detail
