#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/stop.h"

namespace fokker::python {

namespace py = pybind11;

/// Connects long work with Python: the work reports here, and stops where it is told to.
class Watch {
 public:
  /// Reports progress; false asks the work to stop.
  bool report(std::int64_t done, std::int64_t total) {
    total_ = total;
    done_ = done;
    return !cancelled_;
  }

  /// Lets a Ctrl-C through and shows progress, with the GIL.  What they throw cancels the work.
  void look(const py::object& progress) {
    const SubnormalScope numbers(false);
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!progress.is_none() && done_ > shown_) progress(shown_ = done_.load(), total_.load());
    } catch (py::error_already_set& error) {
      error_.emplace(error);
      cancelled_ = true;
    }
  }
  bool cancelled() const { return cancelled_; }
  const std::atomic<bool>* flag() const { return &cancelled_; }
  void rethrow() const {
    if (error_) throw py::error_already_set(*error_);
  }

 private:
  std::atomic<std::int64_t> done_ = 0, total_ = 0;
  std::atomic<bool> cancelled_ = false;
  std::int64_t shown_ = 0;
  std::optional<py::error_already_set> error_;
};

/// How cancelled work ends: at its next tensor, or where it looks for itself, to leave what it has in order.
enum class Ending : std::uint8_t { at_once, by_itself };

/// Runs work(watch) without the GIL on a thread of its own, while this thread looks every 20 ms.
template <class Work>
void watched(const py::object& progress, Work&& work, Ending ending = Ending::at_once) {
  constexpr std::chrono::milliseconds interval(20);
  Watch watch;
  std::packaged_task<void()> task([&] {
    flush_subnormals();
    const StopScope scope(ending == Ending::at_once ? watch.flag() : nullptr);
    work(watch);
  });
  std::future<void> end = task.get_future();
  {
    const py::gil_scoped_release released;
    std::thread worker(std::move(task));
    while (end.wait_for(interval) == std::future_status::timeout) {
      const py::gil_scoped_acquire gil;
      if (!watch.cancelled()) watch.look(progress);
    }
    worker.join();
  }
  if (!watch.cancelled()) watch.look(progress);
  watch.rethrow();
  end.get();
}

/// Returns the result of `work()`, watched without a report of its progress.
template <class Work>
auto watched(Work&& work) {
  std::optional<decltype(work())> result;
  watched(py::none(), [&](Watch&) { result.emplace(work()); });
  return *std::move(result);
}

/// Watches work on this thread, for work that calls back into Python; its report() looks as well.
template <class Work>
void watched_here(const py::object& progress, Work&& work) {
  Watch watch;
  std::exception_ptr failure;
  {
    const py::gil_scoped_release released;
    const SubnormalScope flushed(true);
    const StopScope scope(watch.flag());
    try {
      work(watch, [&](std::int64_t done, std::int64_t total) {
        const py::gil_scoped_acquire gil;
        watch.report(done, total);
        watch.look(progress);
        return !watch.cancelled();
      });
    } catch (...) {
      failure = std::current_exception();
    }
  }
  watch.rethrow();
  if (failure) std::rethrow_exception(failure);
}

/// Reports done and total work; false: stop.
using Report = std::function<bool(std::int64_t done, std::int64_t total)>;

/// work(report) on this thread where it calls back into Python, and else without the GIL on a thread of its own.
inline void watched_where(bool calls_python, const py::object& progress,
                          const std::function<void(const Report&)>& work) {
  if (calls_python)
    watched_here(progress, [&](Watch&, const Report& report) { work(report); });
  else
    watched(progress, [&](Watch& watch) {
      work([&](std::int64_t done, std::int64_t total) { return watch.report(done, total); });
    });
}

}  // namespace fokker::python
