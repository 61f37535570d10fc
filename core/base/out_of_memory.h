#pragma once

#include <cstddef>
#include <new>

namespace fokker {

/// Memory that the system refused.  Python sees MemoryError; the program exits with 4.
class OutOfMemory final : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::size_t bytes) noexcept;
  /// Refused to a library, which does not say how much it asked for.
  explicit OutOfMemory(const char* library) noexcept;
  const char* what() const noexcept override { return text_; }

 private:
  char text_[160];  // no more memory for the message
};

/// Throws OutOfMemory unless so many bytes can be had at this moment.
void require_allocation(std::size_t bytes);

/// Marks the time in which the thread runs a library that does not check all that it allocates, and may therefore die
/// where memory is short.
class LibraryCall {
 public:
  explicit LibraryCall(const char* library) noexcept;
  LibraryCall(const LibraryCall&) = delete;
  LibraryCall& operator=(const LibraryCall&) = delete;
  ~LibraryCall();
  /// The library that this thread is in, or null.
  static const char* running() noexcept;

 private:
  const char* before_;
};

/// From now on a process that dies within a `LibraryCall` says so in one line and exits with 4.  For programs: files that
/// are written whole or not at all stay as they were.
void exit_where_libraries_die();

}  // namespace fokker
