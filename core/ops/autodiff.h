#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <new>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "fokker/core/base/tensor.h"
#include "fokker/core/ops/registry.h"

namespace fokker {

/// The gradients of a scalar by each input of one op, in the order of the inputs.  An undefined tensor stands for zero.
struct Gradients {
  static constexpr int max = 3;
  Tensor by[max];
};

/// Returns the gradients of the sum of all `outputs` by each of `inputs`, each of its input's shape.  Inputs are leaves
/// or intermediate tensors.  The gradient is zero where an input does not reach an output.  With `create_graph` the
/// gradients are themselves on the tape, so that they can be differentiated, to any order.  A graph belongs to one
/// thread at a time.  A vjp may itself call `grad`, also on nodes of the graph that it is part of.  Throws Error for an
/// input that is not tracked.
std::vector<Tensor> grad(std::span<const Tensor> outputs, std::span<const Tensor> inputs, bool create_graph = false);
std::vector<Tensor> grad(const Tensor& output, std::span<const Tensor> inputs, bool create_graph = false);
Tensor grad(const Tensor& output, const Tensor& input, bool create_graph = false);

/// Whether ops record themselves on this thread's tape.
bool recording();

/// While an object lives, ops record themselves on this thread (`on`), or record nothing.
class Recording {
 public:
  explicit Recording(bool on);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_;
};

/// While an object lives, ops record nothing on this thread.
class NoGrad : public Recording {
 public:
  NoGrad() : Recording(false) {}
};

namespace detail {

/// One op on the tape.  The closure of its vjp lies behind the node in the same block of memory.
struct Node {
  using Pullback = Gradients (*)(void* closure, const Tensor& y, const Tensor& dy);

  std::atomic<std::int32_t> references{1};
  Op op = Op::leaf;
  std::uint8_t input_count = 0;
  std::int64_t depth = 0;  // 1 + the depth of the deepest input; backward visits the deepest first
  NodeRef inputs[Gradients::max];
  Tensor output;               // off the tape, so that there is no cycle; undefined where the vjp does not need it
  Buffer rounded;              // bf16 copy of the output, which the first product that needs it makes
  Tensor gradient;             // the gradient so far, while `grad` runs
  const void* pass = nullptr;  // the run of `grad` that this gradient belongs to
  Pullback pullback = nullptr;
  void (*destroy)(void* closure) = nullptr;
  void* closure = nullptr;
};

Node* new_node(Op op, std::span<const Tensor* const> inputs, std::size_t closure_bytes);
bool any_tracked(std::span<const Tensor* const> inputs);
void keep_output(Node* node, const Tensor& value);
/// Called within a vjp: the running pass goes on through the graph of y, whose gradient is dy.
void continue_backward(const Tensor& y, const Tensor& dy);

template <class F>
concept PullbackOfOutput = std::invocable<F&, const Tensor&, const Tensor&>;

}  // namespace detail

/// Puts an op on the tape and returns its output, `value`.  The vjp, written in ops, returns the gradients by `inputs`;
/// it is called as `vjp(y, dy)`, or as `vjp(dy)`, which keeps no output alive.  A vjp receives y as an argument because
/// a captured y would be a cycle of references.  The call costs nothing where no input is tracked.
template <class F, std::same_as<Tensor>... Inputs>
Tensor record(Op op, const std::tuple<const Inputs&...>& inputs, Tensor value, F vjp) {
  const auto pointers =
      std::apply([](const auto&... x) { return std::array<const Tensor*, sizeof...(x)>{&x...}; }, inputs);
  if (!recording() || !detail::any_tracked(pointers)) return value;
  static_assert(alignof(F) <= 64);
  detail::Node* node = detail::new_node(op, pointers, sizeof(F));
  new (node->closure) F(std::move(vjp));
  node->destroy = [](void* closure) { static_cast<F*>(closure)->~F(); };
  if constexpr (detail::PullbackOfOutput<F>) {
    node->pullback = [](void* closure, const Tensor& y, const Tensor& dy) -> Gradients {
      return (*static_cast<F*>(closure))(y, dy);
    };
    detail::keep_output(node, value);
  } else {
    node->pullback = [](void* closure, const Tensor&, const Tensor& dy) -> Gradients {
      return (*static_cast<F*>(closure))(dy);
    };
  }
  return link(std::move(value), detail::NodeRef(node));
}

/// The inputs of an op for `record`, as references.
template <class... Inputs>
std::tuple<const Inputs&...> inputs(const Inputs&... x) {
  return {x...};
}

/// Returns `f()` where `x` is tracked and an undefined tensor elsewhere, so that constants cost no gradient.
template <class F>
Tensor when(const Tensor& x, F&& f) {
  return x.tracked() ? f() : Tensor{};
}

}  // namespace fokker
