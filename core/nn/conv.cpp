#include "fokker/core/nn/conv.h"

namespace fokker {

Conv2d::Conv2d(std::int64_t in, std::int64_t out, int kernel, const Rng& rng, int stride, Init init)
    : weight(initial_weight({out, in, kernel, kernel}, in * kernel * kernel, rng.fork(0), init)),
      bias(initial_weight({out}, in * kernel * kernel, rng.fork(1), init)),
      geometry{.stride = stride, .padding = kernel / 2} {}

Tensor Conv2d::operator()(const Tensor& x) const { return conv2d(x, weight, bias, geometry); }

void Conv2d::visit(const ParameterVisitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

}  // namespace fokker
