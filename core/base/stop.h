#pragma once

#include <atomic>

#include "fokker/core/base/error.h"

namespace fokker {

/// Thrown by long work that was told to stop.
class Cancelled : public Error {
  using Error::Error;
};

/// While it lives, work on this thread, and the tasks of `parallel` that the work starts, throw Cancelled soon after
/// `stop` becomes true.  They do so before the next task or the next tensor that they make.
class StopScope {
 public:
  explicit StopScope(const std::atomic<bool>* stop);
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
  ~StopScope();
  /// Returns the flag that this thread listens to, or null where there is none.
  static const std::atomic<bool>* current();

 private:
  const std::atomic<bool>* before_;
};

/// Throws Cancelled where this thread's scope says so.  Loops that make no tensors call it.
void stop_if_told();

}  // namespace fokker
