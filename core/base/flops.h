#pragma once

#include <cstdint>

namespace fokker {

/// Floating-point operations of the matrix products and convolutions that this thread has computed, forward and backward:
/// 2mnk for [m, k]·[k, n].  The difference of two readings is the work between them; all other ops count nothing.
std::int64_t operations_done();
void count_operations(std::int64_t operations);

}  // namespace fokker
