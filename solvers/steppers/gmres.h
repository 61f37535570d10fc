#pragma once

#include <functional>

#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// Returns x with A x = b for each row of b [B, D], where `apply` gives A v of all rows.  The method is GMRES
/// [saad1986] without restart, up to min(D, 40) products.  A row stops where its residual is below `tolerance` ‖b‖, and
/// does not depend on the others.
Tensor gmres(const std::function<Tensor(const Tensor& v)>& apply, const Tensor& b, double tolerance);

/// Returns the Euclidean norms of the rows of x [B, D].
std::vector<double> row_norms(const Tensor& x);
/// Returns x [B, D] with row i multiplied by factors[i].
Tensor scale_rows(const Tensor& x, const std::vector<double>& factors);

}  // namespace fokker::detail
