#pragma once

#include <atomic>
#include <chrono>

#include "fokker/python/bindings.h"

namespace fokker::python {

/// Long work asks this often and without the GIL; every 50 ms at most it takes the GIL, lets a Ctrl-C through as an
/// exception, and calls `progress(done, total)` unless that is None.
class Poll {
 public:
  explicit Poll(py::object progress) : progress_(std::move(progress)) {}

  void operator()(std::int64_t done, std::int64_t total) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto last = last_.load();
    const bool due = now - last >= interval || done == total;
    // Of several workers one does it.
    if (!due || !last_.compare_exchange_strong(last, now)) return;
    const py::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!progress_.is_none()) progress_(done, total);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::rep interval = std::chrono::duration_cast<Clock::duration>(std::chrono::milliseconds(50)).count();
  std::atomic<Clock::rep> last_ = 0;
  py::object progress_;
};

}  // namespace fokker::python
