#pragma once

#include <cstdint>
#include <string_view>

namespace fokker {

/// In which precision f32 tensors are multiplied: f32, or bf16 operands with sums in f32.
enum class Precision : std::uint8_t { f32, bf16 };

/// Throws ConfigError unless `name` is "f32" or "bf16".
Precision precision_of(std::string_view name);

/// What this thread multiplies in; f32 at first.
Precision precision();

/// While it lives, convolutions and products with a matrix (`matmul` with b [K, N]) of f32 tensors on this thread round
/// their operands to bf16, to nearest and ties to even, and add up in f32 [micikevicius2018].  They and normalisations keep the
/// rounded copies, of two bytes an element, for the backward pass.  Each op remembers its precision: backward, to any order, needs
/// no scope of its own, and takes the rounding's derivative as 1.  f64 tensors are not touched.
class MixedPrecision {
 public:
  explicit MixedPrecision(Precision precision);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  Precision before_;
};

}  // namespace fokker
