#pragma once

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The squared Mahalanobis distance (x − μ)ᵀ C⁻¹ (x − μ) by the mean and covariance of a reference, in f64.
class Mahalanobis {
 public:
  /// `reference` [N, D], N ≥ 2.  ridge · tr C/D is added to the diagonal of C, so that coordinates that do not vary, or depend
  /// on others, do no harm.  Throws NumericalError for values that are not finite.
  explicit Mahalanobis(const Tensor& reference, double ridge = 1e-6);
  /// Of each row of x [N, D]: [N].
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor mean_, whitening_;  // [1, D], and L⁻ᵀ [D, D] of C = L Lᵀ
};

}  // namespace fokker
