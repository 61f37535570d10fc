#include "fokker/solvers/order.h"

#include <cmath>

namespace fokker {

bool MeasuredOrder::contains(double claimed) const {
  return std::abs(value - claimed) < margin + (decided() ? 0 : half_width);
}

double detail::order_of(std::span<const double> errors) {
  const auto n = static_cast<double>(errors.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double u = static_cast<double>(i), v = -std::log2(errors[i]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

}  // namespace fokker
