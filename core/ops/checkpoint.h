#pragma once

#include "fokker/core/base/precision.h"
#include "fokker/core/ops/autodiff.h"

namespace fokker {

namespace detail {

/// The vjp of a checkpoint.
template <class F, class... Inputs>
struct Recomputation {
  F f;
  Precision precision;
  std::tuple<Inputs...> x;

  Gradients operator()(const Tensor& dy) const {
    Tensor y;
    {
      const Recording on_tape(true);
      const MixedPrecision scope(precision);
      y = std::apply(f, x);
    }
    continue_backward(y, dy);
    return {};
  }
};

}  // namespace detail

/// f(x…), of which the tape keeps x alone: the backward pass computes f again and goes on through its graph, so that
/// memory is paid for by time [chen2016].  Gradients equal those without it to the bit, their derivatives up to
/// rounding.  f is copied and gives the same values each time; tensors that it uses beside x and that gradients flow to
/// are leaves, such as parameters.
template <class F, std::same_as<Tensor>... Inputs>
Tensor checkpoint(F f, const Inputs&... x) {
  if (!recording() || !(x.tracked() || ...)) return f(x...);
  Tensor y;
  {
    const NoGrad off_tape;
    y = f(x.detach()...);
  }
  return record(Op::composite, inputs(x...), std::move(y),
                detail::Recomputation<F, Inputs...>{std::move(f), precision(), {x...}});
}

}  // namespace fokker
