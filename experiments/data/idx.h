#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Reads an IDX file, the format of MNIST [lecun1998], as `dtype`.  The values may be u8, i8, i16, i32, f32 or f64.
/// Images stay [N, height, width].  Gzipped files are unpacked.  Throws IoError for a file that cannot be read, and
/// ConfigError where the header or the size is not that of an IDX file.
Tensor read_idx(const std::filesystem::path& path, Dtype dtype = Dtype::f32);
/// Reads an IDX file from memory; `name` is for messages.
Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name, Dtype dtype = Dtype::f32);

}  // namespace fokker
