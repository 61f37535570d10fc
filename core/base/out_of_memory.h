#pragma once

#include <cstddef>
#include <new>

namespace fokker {

/// Reports memory that the system refused.  Python sees MemoryError; the program exits with 4.
class OutOfMemory final : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::size_t bytes) noexcept;
  /// For memory refused to a library, which does not say how much it asked for.
  explicit OutOfMemory(const char* library) noexcept;
  const char* what() const noexcept override { return text_; }

 private:
  char text_[160];  // a fixed array, since the message cannot allocate
};

/// Throws OutOfMemory unless so many bytes can be allocated now.
void require_allocation(std::size_t bytes);

/// Marks, while it lives, that this thread runs a library that does not check all of its allocations.  Such a library
/// may crash where memory is short.
class LibraryCall {
 public:
  explicit LibraryCall(const char* library) noexcept;
  LibraryCall(const LibraryCall&) = delete;
  LibraryCall& operator=(const LibraryCall&) = delete;
  ~LibraryCall();
  /// Returns the library that this thread is in, or null.
  static const char* running() noexcept;

 private:
  const char* before_;
};

/// From now on, a process that crashes within a `LibraryCall` says so in one line and exits with 4.  Programs call
/// this, not libraries.  Files are written whole or not at all, so that they stay as they were.
void exit_where_libraries_die();

}  // namespace fokker
