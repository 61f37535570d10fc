#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "fokker/core/base/stop.h"

namespace fokker::detail {

/// Counts work over all workers, and calls back at most every 20 ms, by one worker at a time.
class ProgressMeter {
 public:
  using Callback = std::function<bool(std::int64_t done, std::int64_t total)>;

  /// Keeps a reference to `callback`.  The callback may be empty; it returns false to cancel.
  ProgressMeter(const Callback& callback, std::int64_t total) : callback_(callback), total_(total) {}

  /// Adds to the work done.  Throws Cancelled once the callback has returned false.
  void add(std::int64_t count) {
    if (!callback_) return;
    const std::int64_t done = done_.fetch_add(count) + count;
    if (cancelled_.load(std::memory_order_relaxed)) throw Cancelled("[progress] cancelled by the callback");
    std::unique_lock<std::mutex> held(mutex_, std::try_to_lock);
    if (!held && done < total_) return;
    if (!held) held.lock();
    const auto now = Time::now();
    if (done < total_ && now - last_ < std::chrono::milliseconds(20)) return;
    last_ = now;
    if (callback_(done < total_ ? done : total_, total_)) return;
    cancelled_ = true;
    throw Cancelled("[progress] cancelled by the callback");
  }

 private:
  using Time = std::chrono::steady_clock;
  const Callback& callback_;
  std::int64_t total_;
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  Time::time_point last_ = Time::now();
};

}  // namespace fokker::detail
