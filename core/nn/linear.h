#pragma once

#include "fokker/core/nn/module.h"

namespace fokker {

/// How a layer's weights start.  Each weight has its own random stream, so that adding a layer changes no other.
enum class Init : std::uint8_t {
  fan_in,  // uniform in ±1/√fan_in, PyTorch's default
  zero     // the last layer of a residual branch or network
};

/// y = x Wᵀ + b for x [..., in]; weight [out, in], bias [out].
struct Linear {
  Tensor weight, bias;

  Linear() = default;
  Linear(std::int64_t in, std::int64_t out, const Rng& rng, Init init = Init::fan_in);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

/// Uniform in ±1/√fan_in, or zeros.
Tensor initial_weight(const Shape& shape, std::int64_t fan_in, const Rng& rng, Init init);

}  // namespace fokker
