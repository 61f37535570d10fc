#include "fokker/core/nn/linear.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"

namespace fokker {

Tensor initial_weight(const Shape& shape, std::int64_t fan_in, const Rng& rng, Init init) {
  require<ShapeError>(shape.size() > 0 && fan_in > 0,
                      "[layer] expected at least one input and one output, got weights {}", shape);
  if (init == Init::zero) return Tensor::zeros(shape);
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return rng.with(Stream::initialisation).uniform(shape) * (2 * bound) - bound;
}

Linear::Linear(std::int64_t in, std::int64_t out, const Rng& rng, Init init)
    : weight(initial_weight({out, in}, in, rng.fork(0), init)), bias(initial_weight({out}, in, rng.fork(1), init)) {}

Tensor Linear::operator()(const Tensor& x) const { return matmul(x, weight, Transpose::no, Transpose::yes) + bias; }

void Linear::visit(const ParameterVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

}  // namespace fokker
