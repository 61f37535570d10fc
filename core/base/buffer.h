#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace fokker::detail {

struct Pool;

/// The header of one reference-counted block of memory.  The data lie behind the header, aligned to 64 bytes, or in
/// memory whose owner `keep_alive` holds.
struct alignas(64) Block {
  std::atomic<std::int32_t> references;
  std::int32_t size_class;  // −1 for a block that is not pooled
  Pool* owner;
  void* data;
  Block* next;  // the next block of a free list
  std::shared_ptr<void>* keep_alive;
};

/// Takes a block from the calling thread's pool.  Sizes are rounded up to classes, four an octave.  A block that
/// another thread frees returns to its owner by a lock-free stack.  Throws std::bad_alloc.
Block* allocate(std::size_t bytes);
void release(Block* block);

/// Makes a block over memory that `keep_alive` owns.
Block* external_block(void* data, std::shared_ptr<void> keep_alive);

/// A reference-counting handle to a Block.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(Block* block) : block_(block) {}
  Buffer(const Buffer& other) : block_(other.block_) {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    // A sole owner needs no read-modify-write: nobody else can add a reference.
    if (block_ && (block_->references.load(std::memory_order_acquire) == 1 ||
                   block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1))
      release(block_);
  }

  void* data() const { return block_->data; }
  bool unique() const { return block_->references.load(std::memory_order_acquire) == 1; }
  explicit operator bool() const { return block_ != nullptr; }

 private:
  Block* block_ = nullptr;
};

/// Returns the bytes that all pools hold, in use or free.
std::size_t pooled_bytes();

}  // namespace fokker::detail
