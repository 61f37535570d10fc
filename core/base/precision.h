#pragma once

#include <cstdint>
#include <string_view>

namespace fokker {

/// The precision in which f32 tensors are multiplied: f32, or bf16 operands with sums in f32.
enum class Precision : std::uint8_t { f32, bf16 };

/// Throws ConfigError unless `name` is "f32" or "bf16".
Precision precision_of(std::string_view name);

/// Returns the precision in which this thread multiplies, initially f32.
Precision precision();

/// While it lives, convolutions and products with one matrix (`matmul` with b [K, N]) of f32 tensors on this thread are
/// in `precision`.  In bf16, operands are rounded to nearest, ties to even, and sums are in f32 [micikevicius2018].
/// These ops and normalisations keep the rounded copies, two bytes an element, for the backward pass.  Each op
/// remembers its precision, so that backward, to any order, needs no scope of its own.  The derivative of rounding is
/// taken as 1.  f64 tensors are not rounded.
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
