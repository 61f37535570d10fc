#pragma once

#include <span>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/rng.h"

namespace gradient_test {

using namespace fokker;
using Inputs = std::span<const Tensor>;

/// Of one and of several blocks of components, by fewer and by more tokens than a vector has lanes.
template <int heads>
Tensor attend(Inputs x) {
  return attention(x[0], x[1], x[2], heads);
}
/// Every third key masked, the others biased.
template <int heads>
Tensor attend_masked(Inputs x) {
  const Shape keys{x[1].extent(0), x[1].extent(1)};
  Tensor bias = cast(Rng(5).normal(keys, Dtype::f64), x[1].dtype());
  for (std::int64_t j = 0; j < keys.size(); j += 3)
    visit(x[1].dtype(), [&](auto t) { bias.data<decltype(t)>()[j] = masked_key; });
  return attention(x[0], x[1], x[2], heads, bias);
}

}  // namespace gradient_test
