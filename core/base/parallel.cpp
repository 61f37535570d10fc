#include "fokker/core/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "fokker/core/base/error.h"
#include "fokker/core/base/stop.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fokker {

namespace {

// The register that rules subnormals, and its bits that flush them to zero.
#if defined(__x86_64__)
constexpr std::uint64_t flushing = 0x8040;  // FTZ, DAZ
std::uint64_t mode() { return _mm_getcsr(); }
void set_mode(std::uint64_t mode) { _mm_setcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
constexpr std::uint64_t flushing = 1u << 24;
std::uint64_t mode() {
  std::uint64_t fpcr;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return fpcr;
}
void set_mode(std::uint64_t mode) { asm volatile("msr fpcr, %0" ::"r"(mode)); }
#else
constexpr std::uint64_t flushing = 0;
std::uint64_t mode() { return 0; }
void set_mode(std::uint64_t) {}
#endif

}  // namespace

void flush_subnormals() { set_mode(mode() | flushing); }

SubnormalScope::SubnormalScope(bool flushed) : before_(mode()) {
  set_mode(flushed ? before_ | flushing : before_ & ~flushing);
}
SubnormalScope::~SubnormalScope() { set_mode((mode() & ~flushing) | (before_ & flushing)); }

namespace {

thread_local int this_worker = 0;
thread_local bool inside_task = false;

int available_cpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/// One call of `parallel`.  Completion counts tasks, not workers: a worker that the system holds back delays nothing.
struct Job {
  const std::function<void(std::int64_t)>* task;
  std::int64_t count;
  const std::atomic<bool>* stop;
  std::atomic<std::int64_t> next{0}, done{0};
  std::mutex error_mutex;
  std::exception_ptr error;
  std::int64_t error_index = -1;

  void work() {
    const bool before = std::exchange(inside_task, true);
    const StopScope scope(stop);
    for (std::int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      try {
        stop_if_told();
        (*task)(i);
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error || i < error_index) {
          error = std::current_exception();
          error_index = i;
        }
      }
      done.fetch_add(1, std::memory_order_acq_rel);
    }
    inside_task = before;
  }
  bool finished() const { return done.load(std::memory_order_acquire) == count; }
};

class WorkerPool {
 public:
  /// Where the system refuses a thread, the threads that started do the work, with equal results.
  explicit WorkerPool(int threads) : wanted_(threads) {
    workers_.reserve(static_cast<std::size_t>(threads));
    try {
      for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error&) {
    } catch (const std::bad_alloc&) {
    }
  }
  ~WorkerPool() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  int wanted() const { return wanted_; }

  void run(std::int64_t count, const std::function<void(std::int64_t)>& task) {
    std::lock_guard one_at_a_time(run_mutex_);
    auto job = std::make_shared<Job>();
    job->task = &task;
    job->count = count;
    job->stop = StopScope::current();
    {
      std::lock_guard lock(mutex_);
      job_ = job;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    job->work();
    while (!job->finished()) pause();
    {
      std::lock_guard lock(mutex_);
      job_.reset();
    }
    if (job->error) std::rethrow_exception(job->error);
  }

 private:
  void serve(int index) {
    this_worker = index;
    flush_subnormals();
    std::uint64_t seen = 0;
    while (true) {
      wait_for_ticket(seen);
      std::shared_ptr<Job> job;
      {
        std::lock_guard lock(mutex_);
        if (stop_) return;
        seen = ticket_.load(std::memory_order_acquire);
        job = job_;
      }
      if (job) job->work();
    }
  }
  /// Spins for about 200 µs, since waking a sleeper costs 40–80; then sleeps.
  void wait_for_ticket(std::uint64_t seen) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
    while (ticket_.load(std::memory_order_acquire) == seen) {
      for (int i = 0; i < 32; ++i) pause();
      if (std::chrono::steady_clock::now() < until) continue;
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return ticket_.load(std::memory_order_acquire) != seen; });
    }
  }

  int wanted_;
  std::vector<std::thread> workers_;
  std::mutex run_mutex_, mutex_;
  std::condition_variable wake_;
  std::atomic<std::uint64_t> ticket_{0};
  std::shared_ptr<Job> job_;
  bool stop_ = false;
};

std::mutex pool_mutex;
int requested_threads = 0;

std::shared_ptr<WorkerPool>& pool_slot() {
  static std::shared_ptr<WorkerPool> pool;
  return pool;
}

std::shared_ptr<WorkerPool> pool() {
  std::lock_guard lock(pool_mutex);
  auto& slot = pool_slot();
  if (requested_threads == 0) requested_threads = available_cpus();
  if (!slot || slot->wanted() != requested_threads) slot = std::make_shared<WorkerPool>(requested_threads);
  return slot;
}

}  // namespace

int thread_count() {
  std::lock_guard lock(pool_mutex);
  if (requested_threads == 0) requested_threads = available_cpus();
  return requested_threads;
}

void set_thread_count(int threads) {
  require<ConfigError>(threads >= 1, "[set_thread_count] expected at least 1 thread, got {}", threads);
  std::lock_guard lock(pool_mutex);
  requested_threads = threads;
}

std::int64_t shard_count(std::int64_t rows, std::int64_t size) { return (rows + size - 1) / size; }

void for_shards(std::int64_t rows, std::int64_t size, const std::function<void(const RowRange&)>& work) {
  parallel(shard_count(rows, size), [&](std::int64_t index) {
    const std::int64_t first = index * size;
    work({index, first, std::min(size, rows - first)});
  });
}

int worker_index() { return this_worker; }

void parallel(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  if (count <= 0) return;
  const SubnormalScope flushed(true);
  if (inside_task || count == 1 || thread_count() == 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      stop_if_told();
      task(i);
    }
    return;
  }
  pool()->run(count, task);
}

}  // namespace fokker
