#include "fokker/core/base/stop.h"

#include <utility>

namespace fokker {
namespace {

thread_local const std::atomic<bool>* listened_to = nullptr;

}  // namespace

StopScope::StopScope(const std::atomic<bool>* stop) : before_(std::exchange(listened_to, stop)) {}
StopScope::~StopScope() { listened_to = before_; }
const std::atomic<bool>* StopScope::current() { return listened_to; }

void stop_if_told() {
  if (listened_to && listened_to->load(std::memory_order_relaxed)) throw Cancelled("[work] told to stop");
}

}  // namespace fokker
