#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fokker {

/// Of a child process: memory beyond what it has in common with its parent, and time, by the clock and by the CPU.
struct ChildLimits {
  std::uint64_t memory;  // bytes
  double seconds;
};

/// Runs `work` in a copy of this process that can open no file, and returns the bytes that it returns.  An error of the
/// library that it throws is thrown here; where it ends by a signal, runs out of its limits or gives no whole answer, that
/// is an IoError that begins with `name`.  `fork` is ::fork, with what must be held meanwhile; the work must take no lock
/// that another thread may hold then, start no thread and leave the libraries of the caller's language alone.
std::vector<std::byte> run_limited(const std::string& name, const ChildLimits& limits, pid_t (*fork)(),
                                   const std::function<std::vector<std::byte>()>& work);

}  // namespace fokker
