#pragma once

#include <string>

#include "fokker/experiments/compare/compare.h"

namespace fokker {

/// The solvers by their mean place over the budgets.
std::vector<std::size_t> by_mean_place(const Comparison& comparison);
/// The CSS class of a solver: a colour of its own, "s0" to "s7", for the first eight by mean place, and "rest" for
/// others.
std::string series_style(const Comparison& comparison, std::size_t solver);

/// Draws the errors of a comparison as an SVG file that stands alone.  It shows the first metric against NFE and
/// against wall time, and between them the strong error where solvers have one.  All axes are logarithmic.  Curves are
/// means over the seeds with their intervals.  A band from the least to the largest seed shows exact samples.  Lines
/// show the slopes ½, 1, 2 and 3.
std::string work_precision_svg(const Comparison& comparison);

}  // namespace fokker
