#pragma once

#include <cstdint>

namespace fokker::kernels {

/// A bf16 number: the upper half of an f32.
struct Bf16 {
  /// Rounds to nearest, ties to even; a NaN stays one.
  void (*round)(const float* x, std::uint16_t* out, std::int64_t n);
  void (*widen)(const std::uint16_t* x, float* out, std::int64_t n);
};

}  // namespace fokker::kernels
