#pragma once

#include <string>

#include "fokker/experiments/compare.h"

namespace fokker {

/// Colours of the charts as CSS, light and dark; series i has the class "s" and i modulo 8.
std::string chart_style();

/// Error against NFE and against wall time, both logarithmic, as an SVG file that stands alone: means over the seeds with
/// their intervals, exact samples as a band from the least to the largest seed, and the slopes ½, 1 and 2.
std::string work_precision_svg(const Comparison& comparison);

/// Text with the characters that HTML and SVG reserve replaced.
std::string escaped(std::string_view text);

}  // namespace fokker
