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

/// The content that was read from a file, under names that the reader chooses.
struct Hdf5Content {
  std::map<std::string, Tensor> tensors = {};
  std::map<std::string, Attribute> attributes = {};
};

/// Runs `read` on the file `bytes` in a child process and returns its result.  Damaged or hostile files crash, hang or
/// exhaust the HDF5 library itself, and so the child alone.  The child opens no other file.  It may take 4 s and one
/// more second for each 20 MB of the file.  It may use 256 MiB, plus twice the file's size, plus `unpacked_limit` of
/// the file.  Throws what `read` throws, and IoError, which names the file, where the child ends in another way.
Hdf5Content read_foreign(std::span<const std::byte> bytes, const std::string& name,
                         const std::function<Hdf5Content(const Hdf5File&)>& read);

/// Reads all of a file in such a child, so that what crashes the library ends the child alone.
/// Throws as `read_foreign` does.  A single dataset that cannot be read is no error here: it
/// is one for whoever asks for that dataset.
void check_foreign(std::span<const std::byte> bytes, const std::string& name);

/// Calls ::fork while no other thread is inside the library.
pid_t hdf5_fork();

}  // namespace fokker
