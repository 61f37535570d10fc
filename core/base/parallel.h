#pragma once

#include <cstdint>
#include <functional>

namespace fokker {

/// Returns the number of workers that `parallel` uses, the caller included.  Initially it is the number of CPUs that
/// this process may use.
int thread_count();
void set_thread_count(int threads);

/// Runs task(0) … task(count − 1), each once, on the workers.  Returns when all have ended, and rethrows the exception
/// of the lowest index.  Tasks flush subnormals to zero; the caller's own mode stays as it was.  Tasks listen to the
/// caller's StopScope.  Results must not depend on which worker runs a task, so work is cut into tasks by its size
/// alone.  Nested calls run in place.
void parallel(std::int64_t count, const std::function<void(std::int64_t)>& task);

/// A part of the rows of a batch: rows first … first + count − 1, number `index` of the parts.
struct RowRange {
  std::int64_t index, first, count;
};
/// The number of parts of at most `size` rows.
std::int64_t shard_count(std::int64_t rows, std::int64_t size);
/// Runs work(range) for every part of at most `size` rows on the workers, as `parallel` does.
void for_shards(std::int64_t rows, std::int64_t size, const std::function<void(const RowRange&)>& work);

/// Returns the index of the current worker in [0, thread_count()), for scratch memory.
int worker_index();

/// Makes this thread flush subnormals to zero from now on, as every worker
/// does.  It is for threads of the library's own.
void flush_subnormals();

/// While it lives, this thread flushes subnormals to zero (`flushed`), or keeps them.
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
