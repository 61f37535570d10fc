#pragma once

#include <string>

#include "fokker/experiments/compare/compare.h"

namespace fokker {

/// The solvers by their mean place over the budgets.
std::vector<std::size_t> by_mean_place(const Comparison& comparison);
/// The CSS class of a solver: a colour of its own, "s0" to "s7", for the first eight by mean place; "rest" for others.
std::string series_style(const Comparison& comparison, std::size_t solver);

/// The first metric against NFE and against wall time, and between them the strong error where solvers have one, all
/// logarithmic, as an SVG file that stands alone: means over the seeds with their intervals, exact samples as a band from
/// the least to the largest seed, and the slopes ½, 1, 2 and 3.
std::string work_precision_svg(const Comparison& comparison);

}  // namespace fokker
