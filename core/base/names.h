#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fokker {

/// Returns the names nearest to `name`, at most three, for "did you mean …?"; none where none is near.  Letters count;
/// case and separators do not.  A name may also stand for a longer one that contains it, or nearly does.
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& names);

/// Returns what an error says of a name that is not in `names`: unknown "eulr";
/// did you mean "euler_heun"? expected one of …
std::string unknown_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace fokker
