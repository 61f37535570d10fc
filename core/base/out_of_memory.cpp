#include "fokker/core/base/out_of_memory.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace fokker {
namespace {

constexpr const char* remedy = "choose a smaller train.batch, sample.n or network";

thread_local const char* current_library = nullptr;

void say(const char* text) { (void)!::write(STDERR_FILENO, text, std::strlen(text)); }

[[maybe_unused]] void end(int signal) {
  const char* library = LibraryCall::running();
  if (!library) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  say("fokker: ");
  say(library);
  say(" ended the process, as it does where memory is short; ");
  say(remedy);
  say(", and go on with `fokker resume`\n");
  ::_exit(4);
}

}  // namespace

OutOfMemory::OutOfMemory(std::size_t bytes) noexcept {
  std::snprintf(text_, sizeof text_, "out of memory: the system refused %.6g MB; %s", static_cast<double>(bytes) / 1e6,
                remedy);
}
OutOfMemory::OutOfMemory(const char* library) noexcept {
  std::snprintf(text_, sizeof text_, "out of memory in %s; %s", library, remedy);
}

void require_allocation(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (!memory) throw OutOfMemory(bytes);
  *static_cast<volatile char*>(memory) = 0;  // a compiler may leave out a pair that nothing looks at
  std::free(memory);
}

LibraryCall::LibraryCall(const char* library) noexcept : before_(std::exchange(current_library, library)) {}
LibraryCall::~LibraryCall() { current_library = before_; }
const char* LibraryCall::running() noexcept { return current_library; }

void exit_where_libraries_die() {
#if !defined(__SANITIZE_ADDRESS__)  // which reports such ends itself
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) std::signal(signal, end);
#endif
}

}  // namespace fokker
