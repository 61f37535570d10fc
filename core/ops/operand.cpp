#include "fokker/core/ops/operand.h"

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/dnnl.h"

namespace fokker::detail {

Operand::Operand(const Tensor& x, Precision precision) : shape_(x.shape()) {
  if (precision == Precision::f32 || x.dtype() != Dtype::f32) {
    tape_ = x;
    return;
  }
  // Ops make new tensors, so that what a node stands for never changes.  A leaf's values may change.
  Node* node = x.tracked() && x.node()->op != Op::leaf ? x.node() : nullptr;
  if (node) values_ = node->rounded;
  if (!values_) {
    values_ = Buffer(allocate(static_cast<std::size_t>(x.size()) * sizeof(std::uint16_t)));
    kernels::bf16().round(x.data<float>().data(), static_cast<std::uint16_t*>(values_.data()), x.size());
    if (node) node->rounded = values_;
  }
  if (!x.tracked()) return;
  retain(x.node());
  tape_ = link({}, NodeRef(x.node()));
}

Tensor Operand::tensor() const {
  if (!values_) return tape_;
  Tensor x = Tensor::empty(shape_);
  kernels::bf16().widen(static_cast<const std::uint16_t*>(values_.data()), x.data<float>().data(), x.size());
  if (!tape_.tracked()) return x;
  retain(tape_.node());
  return link(std::move(x), NodeRef(tape_.node()));
}

Operand Operand::native() const {
  return precision() == Precision::f32 || dnnl_has_bf16() ? *this : Operand(tensor(), Precision::f32);
}

Tensor rounded_to_bf16(const Tensor& x) { return Operand(x.detach(), Precision::bf16).tensor(); }

}  // namespace fokker::detail
