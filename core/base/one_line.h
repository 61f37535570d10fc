#pragma once

#include <string>
#include <string_view>

namespace fokker {

/// Returns `text` as one line for a terminal or a log.  Line ends and tabs become blanks; other control characters and
/// bytes that are no UTF-8 become question marks.  A text longer than `limit` bytes loses its middle, because messages
/// begin with the place and end with the remedy.
std::string one_line(std::string_view text, std::size_t limit = 500);

}  // namespace fokker
