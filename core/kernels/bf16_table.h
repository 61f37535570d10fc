#pragma once

#include <cstdint>

namespace fokker::kernels {

/// bf16 is the upper half of an f32.
struct Bf16 {
  /// To nearest, ties to even; a NaN stays one.
  void (*round)(const float* x, std::uint16_t* out, std::int64_t n);
  void (*widen)(const std::uint16_t* x, float* out, std::int64_t n);
};

}  // namespace fokker::kernels
