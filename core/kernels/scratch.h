#pragma once

#include "fokker/core/base/buffer.h"
#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {

/// Working memory of n elements from the thread's buffer pool, aligned to 64 bytes.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t n) : block_(detail::allocate(static_cast<std::size_t>(n) * sizeof(T))) {}
  ~Scratch() { detail::release(block_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  FOKKER_INLINE T* data() const { return static_cast<T*>(block_->data); }

 private:
  detail::Block* block_;
};

}  // namespace fokker::kernels::FOKKER_ISA
