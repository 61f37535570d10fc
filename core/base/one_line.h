#pragma once

#include <string>
#include <string_view>

namespace fokker {

/// `text` for a terminal or a log: line ends and tabs become blanks, other control characters and bytes that are no
/// UTF-8 question marks.  Of more than `limit` bytes the middle is left out: messages begin with the place and end with
/// the remedy.
std::string one_line(std::string_view text, std::size_t limit = 500);

}  // namespace fokker
