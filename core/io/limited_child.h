#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fokker {

/// The limits of a child process: memory beyond what it shares with its parent, and CPU time.  A
/// child that hangs is ended when fifteen times as much has passed.
struct ChildLimits {
  std::uint64_t memory;  // bytes
  double seconds;
};

/// Runs `work` in a copy of this process that can open no file, and returns the bytes that `work` returns.  An error of
/// the library that `work` throws is thrown here.  IoError, which begins with `name`, reports a child that ends by a
/// signal, exceeds its limits or gives no whole answer.  `fork` calls ::fork, with whatever locks must be held
/// meanwhile.  The work must take no lock that another thread may hold at that time, and start no thread.  It must not
/// use the libraries of the caller's language.
std::vector<std::byte> run_limited(const std::string& name, const ChildLimits& limits, pid_t (*fork)(),
                                   const std::function<std::vector<std::byte>()>& work);

}  // namespace fokker
