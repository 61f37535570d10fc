#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace fokker::detail {

struct Pool;

/// Header of one reference-counted block of memory; the data lie behind it, 64-byte aligned, or elsewhere
/// (`keep_alive` holds their owner).
struct alignas(64) Block {
  std::atomic<std::int32_t> references;
  std::int32_t size_class;  // −1: not pooled
  Pool* owner;
  void* data;
  Block* next;  // in a free list
  std::shared_ptr<void>* keep_alive;
};

/// Takes a block from the calling thread's pool: size classes, four an octave; a block freed on another thread
/// returns to its owner by a lock-free stack.  Throws std::bad_alloc.
Block* allocate(std::size_t bytes);
void release(Block* block);

/// A block over memory that `keep_alive` owns.
Block* external_block(void* data, std::shared_ptr<void> keep_alive);

/// Intrusive handle to a Block.
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

/// Bytes that all pools hold, in use or free.
std::size_t pooled_bytes();

}  // namespace fokker::detail
