#pragma once

#include <atomic>

#include "fokker/core/base/error.h"

namespace fokker {

/// Thrown by long work that was told to stop.
class Cancelled : public Error {
  using Error::Error;
};

/// While it lives, work on this thread, and the tasks of `parallel` that it starts, throws Cancelled soon after `stop`
/// becomes true: at the next task or the next tensor that it makes.
class StopScope {
 public:
  explicit StopScope(const std::atomic<bool>* stop);
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;
  ~StopScope();
  /// What this thread listens to; null: nothing.
  static const std::atomic<bool>* current();

 private:
  const std::atomic<bool>* before_;
};

/// Throws Cancelled where the scope of this thread says so; for loops that make no tensors.
void stop_if_told();

}  // namespace fokker
