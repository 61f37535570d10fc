#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/io/hdf5.h"

namespace fokker {

/// What was read from a file, under names of the reader's.
struct Hdf5Content {
  std::map<std::string, Tensor> tensors = {};
  std::map<std::string, Attribute> attributes = {};
};

/// Runs `read` on the file `bytes` in a child process and returns what it returns: damaged or hostile files end, hang and
/// fill the HDF5 library itself.  The child opens no other file, has 4 s and a second more for each 20 MB of the file, and
/// 256 MiB, twice the file and `unpacked_limit` of it as memory.  Throws what `read` throws, and IoError naming the file
/// where the child ends in another way.
Hdf5Content read_foreign(std::span<const std::byte> bytes, const std::string& name,
                         const std::function<Hdf5Content(const Hdf5File&)>& read);

/// Reads all of a file in such a child, so that what ends the library ends the child.  Throws as `read_foreign` does; a
/// dataset that alone cannot be read is left to those who ask for it.
void check_foreign(std::span<const std::byte> bytes, const std::string& name);

/// ::fork while no other thread is inside the library.
pid_t hdf5_fork();

}  // namespace fokker
