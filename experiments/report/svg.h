#pragma once

#include <string>
#include <string_view>

namespace fokker {

/// Colours of the charts as CSS, light and dark.
std::string chart_style();

/// Text with the characters that HTML and SVG reserve replaced.
std::string escaped(std::string_view text);

}  // namespace fokker
