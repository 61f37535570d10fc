#include "fokker/core/ops/registry.h"

#include <iterator>

namespace fokker {
namespace {

constexpr const char* names[] = {"add",
                                 "subtract",
                                 "multiply",
                                 "divide",
                                 "maximum",
                                 "minimum",
                                 "where",
                                 "weighted_sum",
                                 "exp",
                                 "expm1",
                                 "log",
                                 "log1p",
                                 "sqrt",
                                 "reciprocal",
                                 "square",
                                 "power",
                                 "sin",
                                 "cos",
                                 "tanh",
                                 "sigmoid",
                                 "silu",
                                 "relu",
                                 "softplus",
                                 "abs",
                                 "erf",
                                 "cast",
                                 "sum",
                                 "max",
                                 "logsumexp",
                                 "softmax",
                                 "reshape",
                                 "permute",
                                 "slice",
                                 "pad",
                                 "concat",
                                 "broadcast_to",
                                 "gather",
                                 "scatter_add",
                                 "matmul",
                                 "conv2d",
                                 "conv2d_input_gradient",
                                 "conv2d_weight_gradient",
                                 "attention",
                                 "group_norm"};
static_assert(std::size(names) == static_cast<std::size_t>(Op::count) - 1);

}  // namespace

std::span<const char* const> op_names() { return names; }
const char* to_string(Op op) {
  if (op == Op::leaf) return "leaf";
  return op == Op::composite ? "composite" : names[static_cast<int>(op) - 1];
}

}  // namespace fokker
