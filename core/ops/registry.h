#pragma once

#include <cstdint>
#include <span>

namespace fokker {

/// Every op that can stand on the tape.  `record` takes one of these.  The gradient test does
/// not compile unless it has a case for each.
enum class Op : std::uint8_t {
  leaf,
  // elementwise
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  where,
  weighted_sum,
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  reciprocal,
  square,
  power,
  sin,
  cos,
  tanh,
  sigmoid,
  silu,
  relu,
  softplus,
  abs,
  erf,
  cast,
  // reductions
  sum,
  max,
  logsumexp,
  softmax,
  // views and copies
  reshape,
  permute,
  slice,
  pad,
  concat,
  broadcast_to,
  gather,
  scatter_add,
  // linear algebra and networks
  matmul,
  conv2d,
  conv2d_input_gradient,
  conv2d_weight_gradient,
  attention,
  group_norm,
  count,
  composite  // an op that another layer records as one; the tests of that layer hold the gradient
};

/// Returns the names by `Op`, without that of `leaf`.
std::span<const char* const> op_names();
const char* to_string(Op op);

}  // namespace fokker
