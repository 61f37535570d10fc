#include "fokker/experiments/statistics/gaussian_fit.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

GaussianFit gaussian_fit(const Tensor& x) {
  const Tensor rows = cast(x.detach(), Dtype::f64);
  const Tensor centre = mean(rows, {0}, true);
  const Tensor centred = rows - centre;
  return {centre, matmul(centred, centred, Transpose::yes) / static_cast<double>(rows.extent(0) - 1)};
}

}  // namespace fokker
