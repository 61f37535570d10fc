#include "fokker/experiments/gaussian_fit.h"

#include "fokker/core/ops/elementwise.h"

namespace fokker {

GaussianFit gaussian_fit(const Tensor& x) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Tensor values = cast(x.detach(), Dtype::f64);
  const Eigen::Map<const Matrix> rows(values.data<double>().data(), values.extent(0), values.extent(1));
  GaussianFit result{rows.colwise().mean(), {}};
  const Matrix centred = rows.rowwise() - result.mean;
  result.covariance = centred.transpose() * centred / static_cast<double>(values.extent(0) - 1);
  return result;
}

}  // namespace fokker
