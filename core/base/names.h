#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// The names that are nearest to `name`, at most three, for "did you mean …?"; none where none is near.  Letters count,
/// cases and separators do not, and a name may stand for a longer one that holds it or nearly so.
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& names);

/// What an error says of a name that is none of `names`: unknown "eulr"; did you mean "euler_heun"? expected one of …
std::string unknown_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace fokker
