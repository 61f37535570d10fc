#include "fokker/core/base/buffer.h"

#include <pthread.h>

#include <bit>
#include <mutex>
#include <new>
#include <vector>

#include "fokker/core/base/out_of_memory.h"

namespace fokker::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool pooling = false;  // so that a use after free is seen
#else
constexpr bool pooling = true;
#endif

constexpr int classes = 4 * 32;
constexpr std::size_t largest_pooled = std::size_t{64} << 20, most_bytes = std::size_t{1} << 62;

std::atomic<std::size_t> held_bytes{0};

/// Classes at 64·{4, 5, 6, 7}/4·2^k bytes: at most a quarter of a block is unused.
int size_class(std::size_t bytes) {
  const std::size_t units = (bytes + 15) / 16;  // a class step is 16 bytes at the smallest octave
  if (units <= 4) return 0;
  const int octave = std::bit_width(units - 1) - 3;
  return 4 * octave + static_cast<int>((units - 1) >> octave) - 3;
}

std::size_t class_bytes(int index) {
  if (index == 0) return 64;
  const int octave = (index - 1) / 4;
  return static_cast<std::size_t>((index - 1) % 4 + 5) << octave << 4;
}

Block* new_block(std::size_t bytes, int index) {
  if (bytes > most_bytes) throw OutOfMemory(bytes);  // the sum would wrap
  void* memory = ::operator new (sizeof(Block) + bytes, std::align_val_t{64}, std::nothrow);
  if (!memory) throw OutOfMemory(bytes);
  held_bytes.fetch_add(bytes, std::memory_order_relaxed);
  auto* block = new (memory) Block{};
  block->size_class = index;
  block->data = static_cast<char*>(memory) + sizeof(Block);
  return block;
}

void delete_block(Block* block, std::size_t bytes) {
  held_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  ::operator delete (block, std::align_val_t{64});
}

}  // namespace

struct Pool {
  Block* free[classes] = {};
  std::atomic<Block*> returned{nullptr};

  void take_back() {
    Block* block = returned.exchange(nullptr, std::memory_order_acquire);
    while (block) {
      Block* next = block->next;
      push(block);
      block = next;
    }
  }
  void push(Block* block) {
    block->next = free[block->size_class];
    free[block->size_class] = block;
  }
};

namespace {

// Pools outlive their threads, since blocks point at them; a pool whose thread has ended serves the next new thread.
std::mutex pools_mutex;
// A child that is forked while another thread holds the mutex would wait for it for ever.
[[maybe_unused]] const int free_in_children =
    pthread_atfork([] { pools_mutex.lock(); }, [] { pools_mutex.unlock(); }, [] { pools_mutex.unlock(); });
std::vector<Pool*>& idle_pools() {
  static auto* pools = new std::vector<Pool*>;
  return *pools;
}

struct PoolLease {
  Pool* pool;
  PoolLease() {
    std::lock_guard lock(pools_mutex);
    auto& idle = idle_pools();
    if (idle.empty()) {
      pool = new Pool;
    } else {
      pool = idle.back();
      idle.pop_back();
    }
  }
  ~PoolLease() {
    std::lock_guard lock(pools_mutex);
    idle_pools().push_back(std::exchange(pool, nullptr));
  }
};

thread_local Pool* this_pool = nullptr;

Pool* acquire_pool() {
  thread_local PoolLease lease;
  // Objects with longer lives than the lease (other thread-locals, statics)
  // may still allocate, and then without a pool.
  this_pool = lease.pool;
  return this_pool;
}

}  // namespace

Block* allocate(std::size_t bytes) {
  const bool pooled = pooling && bytes <= largest_pooled;
  if (!pooled) {
    Block* block = new_block(bytes, -1);
    block->next = reinterpret_cast<Block*>(bytes);  // the size, for the statistics
    block->references.store(1, std::memory_order_relaxed);
    return block;
  }
  Pool* pool = this_pool ? this_pool : acquire_pool();
  const int index = size_class(bytes);
  if (!pool->free[index] && pool->returned.load(std::memory_order_relaxed)) pool->take_back();
  Block* block = pool->free[index];
  if (block) {
    pool->free[index] = block->next;
  } else {
    block = new_block(class_bytes(index), index);
    block->owner = pool;
  }
  block->references.store(1, std::memory_order_relaxed);
  return block;
}

void release(Block* block) {
  if (block->size_class < 0) {
    if (block->keep_alive) {
      delete block->keep_alive;
      delete block;
    } else {
      delete_block(block, reinterpret_cast<std::size_t>(block->next));
    }
    return;
  }
  if (block->owner == this_pool) {
    this_pool->push(block);
    return;
  }
  auto& stack = block->owner->returned;
  Block* head = stack.load(std::memory_order_relaxed);
  do {
    block->next = head;
  } while (!stack.compare_exchange_weak(head, block, std::memory_order_release, std::memory_order_relaxed));
}

Block* external_block(void* data, std::shared_ptr<void> keep_alive) {
  auto* block = new Block{};
  block->size_class = -1;
  block->data = data;
  block->keep_alive = new std::shared_ptr<void>(std::move(keep_alive));
  block->references.store(1, std::memory_order_relaxed);
  return block;
}

std::size_t pooled_bytes() { return held_bytes.load(std::memory_order_relaxed); }

}  // namespace fokker::detail
