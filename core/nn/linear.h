#pragma once

#include "fokker/core/nn/module.h"

namespace fokker {

/// How a layer's weights are initialised.  Each weight has its own random
/// stream, so that adding a layer changes no other.
enum class Init : std::uint8_t {
  fan_in,  // uniform in ±1/√fan_in, the default of PyTorch
  zero     // zeros, for the last layer of a residual branch or network
};

/// A linear layer, y = x Wᵀ + b, for x [..., in] → y [..., out], with weight [out, in] and bias [out].
struct Linear {
  Tensor weight, bias;

  Linear() = default;
  Linear(std::int64_t in, std::int64_t out, const Rng& rng, Init init = Init::fan_in);
  Tensor operator()(const Tensor& x) const;
  void visit(const ParameterVisitor& visitor);
};

/// Returns weights of `shape`, uniform in ±1/√fan_in, or zeros.  Throws ShapeError for a shape without elements.
Tensor initial_weight(const Shape& shape, std::int64_t fan_in, const Rng& rng, Init init);

}  // namespace fokker
