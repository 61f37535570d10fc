#pragma once

#include <cstdint>

namespace fokker {

/// Returns the floating-point operations of all matrix products and convolutions on this thread, forward and backward:
/// 2mnk for [m, k]·[k, n].  Other ops count nothing.  The difference of two readings is the work between them.
std::int64_t operations_done();
void count_operations(std::int64_t operations);

}  // namespace fokker
