// Preloaded (LD_PRELOAD), makes what a system short of memory or threads refuses fail on purpose:
//   FAIL_ALLOCATION=K   the K-th allocation of FAIL_BYTES (4096) bytes or more, by malloc and its kin or an anonymous
//                       mmap
//   FAIL_THREADS=K      every thread from the K-th on
//   FAIL_COUNT=FILE     at the end, the number of allocations that were counted
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace {

std::atomic<long> allocations{0}, threads{0};

long setting(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atol(text) : otherwise;
}

/// Whether this allocation is the one to fail.
bool fails(std::size_t bytes) {
  static const long position = setting("FAIL_ALLOCATION", 0);
  static const auto least = static_cast<std::size_t>(setting("FAIL_BYTES", 4096));
  if (bytes < least || ++allocations != position) return false;
  errno = ENOMEM;
  return true;
}

struct Report {
  ~Report() {
    const char* path = std::getenv("FAIL_COUNT");
    if (!path) return;
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char text[24];
    const int length = std::snprintf(text, sizeof text, "%ld\n", allocations.load());
    (void)!::write(file, text, static_cast<std::size_t>(length));
    ::close(file);
  }
} report;

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) { return fails(bytes) ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t count, std::size_t bytes) {
  return fails(count * bytes) ? nullptr : __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) { return fails(bytes) ? nullptr : __libc_realloc(memory, bytes); }
void* memalign(std::size_t alignment, std::size_t bytes) {
  return fails(bytes) ? nullptr : __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  void* found = memalign(alignment, bytes);
  if (found) *memory = found;
  return found ? 0 : ENOMEM;
}
void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  if ((flags & MAP_ANONYMOUS) != 0 && fails(bytes)) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  static const long first = setting("FAIL_THREADS", 0);
  if (first > 0 && ++threads >= first) return EAGAIN;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  return create(thread, attributes, run, argument);
}
}
