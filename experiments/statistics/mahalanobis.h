#pragma once

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The squared Mahalanobis distance (x − μ)ᵀ C⁻¹ (x − μ), with mean and covariance of a reference, in f64.
class Mahalanobis {
 public:
  /// `reference` is [N, D], N ≥ 2.  The covariance C gets ridge · tr C/D on its diagonal, so that coordinates that are
  /// constant or depend on others do no harm.  Throws NumericalError for values that are not finite.
  explicit Mahalanobis(const Tensor& reference, double ridge = 1e-6);
  /// The distance of each row of x [N, D], [N].
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor mean_, whitening_;  // [1, D], and L⁻ᵀ [D, D] of C = L Lᵀ
};

}  // namespace fokker
