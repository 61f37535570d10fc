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

/// Returns f(x…) and keeps only x on the tape.  The backward pass computes f again and goes on through its graph, so
/// that memory is paid for by time [chen2016].  Gradients equal those without a checkpoint to the bit, higher
/// derivatives up to rounding.  f is copied and must give the same values each time.  Tensors that f uses beside x, and
/// to which gradients flow, must be leaves, such as parameters.
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
