#pragma once

#include "fokker/core/io/hdf5.h"
#include "fokker/solvers/orders/order_table.h"

namespace fokker {

/// The name of a row's calculus.  It is "either" where the calculi agree, as under noise that does not depend on x.
const char* calculus_of(const OrderRow& row);

/// The table as text: a head, a line for each order, and a summary in words.
std::vector<std::string> order_lines(std::span<const OrderRow> rows);

/// The orders that are lower than declared, one a line; empty where none is.
std::string broken_claims(std::span<const OrderRow> rows);

/// The file of `fokker orders --out` (docs/results.md).
Hdf5File order_file(std::span<const OrderRow> rows, const StrongOrderConfig& config);

}  // namespace fokker
