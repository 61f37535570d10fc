#pragma once

#include <string>

#include "fokker/experiments/compare/compare.h"

namespace fokker {

/// A comparison as one HTML page that needs no network: verdict, ranked tables, charts, samples, settings, and how the
/// figures are made.
std::string comparison_report(const Comparison& comparison);

}  // namespace fokker
