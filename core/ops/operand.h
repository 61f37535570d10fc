#pragma once

#include "fokker/core/base/precision.h"
#include "fokker/core/ops/autodiff.h"

namespace fokker::detail {

/// A factor of a product as it is multiplied and kept for the backward pass.  It is the tensor itself
/// or, for f32 in bf16, a rounded copy of two bytes an element without the tensor's memory.  All
/// operands of one tensor on the tape share the copy.
class Operand {
 public:
  Operand(const Tensor& x, Precision precision);

  const Shape& shape() const { return shape_; }
  Dtype dtype() const { return values_ ? Dtype::f32 : tape_.dtype(); }
  /// Returns bf16 where `data` is bf16.
  Precision precision() const { return values_ ? Precision::bf16 : Precision::f32; }
  const void* data() const { return values_ ? values_.data() : tape_.raw(); }
  /// Returns an input for `record`: the tensor, or only its place on the tape.
  const Tensor& on_tape() const { return tape_; }
  /// Returns the rounded values as f32, in the tensor's place on the tape.
  Tensor tensor() const;
  /// Returns what this CPU multiplies: the operand, or without bf16 arithmetic the rounded values as f32.
  Operand native() const;

 private:
  Shape shape_;
  Tensor tape_;
  Buffer values_;
};

/// Returns x rounded to bf16, as f32.
Tensor rounded_to_bf16(const Tensor& x);

}  // namespace fokker::detail
