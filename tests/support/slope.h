#pragma once

#include "fokker/solvers/order.h"

/// Least squares of log₂ error on the level.
inline double slope(const std::vector<double>& errors) { return fokker::detail::order_of(errors); }
