#include <cstdlib>

#include "fokker/core/base/out_of_memory.h"
#include "fokker/experiments/cli/command_line.h"

// The standard containers, too, say how much memory they were refused.  The address sanitizer has operators of its own.
#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t bytes) {
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw fokker::OutOfMemory(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

int main(int argc, char** argv) { return fokker::command_line(argc, argv); }
