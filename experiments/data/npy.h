#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Reads a NumPy array file, versions 1 to 3 [numpy_format], of booleans, integers or floating-point numbers (f2, f4,
/// f8) in either byte order.  Fortran order becomes row-major.  Throws IoError for a file that cannot be read.  Throws
/// ConfigError for a damaged header, another type, or a size that does not fit.
Tensor read_npy(const std::filesystem::path& path, Dtype dtype = Dtype::f32);
/// Reads a NumPy array file from memory; `name` is for messages.
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name, Dtype dtype = Dtype::f32);

}  // namespace fokker
