#pragma once

#include <cstdint>
#include <functional>

namespace fokker {

/// Workers that `parallel` uses, the caller among them; at first the number of CPUs this process may use.
int thread_count();
void set_thread_count(int threads);

/// Runs task(0) … task(count − 1), each once, on the workers; returns when all have ended and rethrows the first
/// exception by index.  Subnormals are flushed to zero in the tasks; the caller's own mode is left as it was.  The tasks
/// listen to the caller's StopScope.  Results must not depend on which worker runs a task: cut work into tasks by its size alone.
/// Nested calls run in place.
void parallel(std::int64_t count, const std::function<void(std::int64_t)>& task);

/// Index of the current worker in [0, thread_count()), for scratch memory.
int worker_index();

/// Subnormals are flushed to zero on this thread from now on, as on every worker; for threads of the library's own.
void flush_subnormals();

/// Subnormals are flushed to zero on this thread until the end of the scope, or are numbers again.
class SubnormalScope {
 public:
  explicit SubnormalScope(bool flushed);
  SubnormalScope(const SubnormalScope&) = delete;
  SubnormalScope& operator=(const SubnormalScope&) = delete;
  ~SubnormalScope();

 private:
  std::uint64_t before_;
};

}  // namespace fokker
