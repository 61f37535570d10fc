#include "fokker/core/base/flops.h"

namespace fokker {
namespace {

thread_local std::int64_t done = 0;

}  // namespace

std::int64_t operations_done() { return done; }

void count_operations(std::int64_t operations) { done += operations; }

}  // namespace fokker
