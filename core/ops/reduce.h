#pragma once

#include "fokker/core/ops/autodiff.h"

namespace fokker {

/// Return the sum and the mean of all elements (a scalar), or along axes, which stay with extent 1 where `keep` is set.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, std::initializer_list<int> axes, bool keep = false);
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, std::initializer_list<int> axes, bool keep = false);
/// Returns the largest element along an axis; equal ones share the gradient.
Tensor max(const Tensor& x, int axis, bool keep = false);
/// Return log Σ e^x and e^x / Σ e^x along the last axis, without overflow.
Tensor logsumexp(const Tensor& x, bool keep = false);
Tensor softmax(const Tensor& x);
/// Returns x summed down to `shape`, from which x's shape could have been broadcast.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// Returns the index of the largest element along the last axis, as values of x's dtype; no gradient.
Tensor argmax(const Tensor& x);

}  // namespace fokker
