#pragma once

#include "fokker/core/base/precision.h"
#include "fokker/core/ops/autodiff.h"

namespace fokker::detail {

/// A factor of a product as it is multiplied and kept for the backward pass: the tensor itself, or for f32 in bf16 a
/// rounded copy of two bytes an element, without the tensor's memory.  All operands of one tensor on the tape
/// share the copy.
class Operand {
 public:
  Operand(const Tensor& x, Precision precision);

  const Shape& shape() const { return shape_; }
  Dtype dtype() const { return values_ ? Dtype::f32 : tape_.dtype(); }
  /// bf16 where `data` is bf16.
  Precision precision() const { return values_ ? Precision::bf16 : Precision::f32; }
  const void* data() const { return values_ ? values_.data() : tape_.raw(); }
  /// The tensor, or its place on the tape alone: an input for `record`.
  const Tensor& on_tape() const { return tape_; }
  /// The rounded values as f32, in the tensor's place on the tape.
  Tensor tensor() const;
  /// What this CPU multiplies: the operand, or without bf16 arithmetic its rounded values as f32.
  Operand native() const;

 private:
  Shape shape_;
  Tensor tape_;
  Buffer values_;
};

/// x rounded to bf16, as f32.
Tensor rounded_to_bf16(const Tensor& x);

}  // namespace fokker::detail
