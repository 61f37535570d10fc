#pragma once

#include <array>
#include <vector>

#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/norm.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "tests/core/ops/attention_cases.h"

namespace gradient_test {

using namespace fokker;

/// One input: its extents (unused ones 0) and the range of its values.
struct Input {
  std::array<std::int64_t, 4> extents{};
  double low = -1, high = 1;

  Shape shape() const {
    std::size_t rank = 0;
    while (rank < extents.size() && extents[rank] > 0) ++rank;
    return Shape(std::span<const std::int64_t>(extents.data(), rank));
  }
};

struct Case {
  Op op;
  std::array<Input, 3> inputs;
  int count;
  Tensor (*apply)(Inputs x);
  double tolerance = 1e-6;  // relative, of the comparison with differences
};

constexpr Case unary(Op op, double low, double high, Tensor (*apply)(Inputs x)) {
  return {op, {Input{{2, 3}, low, high}}, 1, apply};
}
constexpr Case binary(Op op, Input a, Input b, Tensor (*apply)(Inputs x)) { return {op, {a, b}, 2, apply}; }

inline constexpr std::int64_t picked[] = {2, 0, 2, 1};
constexpr ConvGeometry same{.stride = 1, .padding = 1}, strided{.stride = 2, .padding = 1},
    valid{.stride = 1, .padding = 0};
constexpr Transpose yes = Transpose::yes, no = Transpose::no;

// clang-format off
inline constexpr Case cases[] = {
    binary(Op::add, {{2, 3}}, {{2, 3}}, [](Inputs x) { return x[0] + x[1]; }),
    binary(Op::add, {{2, 3}}, {{3}}, [](Inputs x) { return square(x[0] + x[1]); }),
    binary(Op::subtract, {{2, 1}}, {{1, 3}}, [](Inputs x) { return square(x[0] - x[1]); }),
    unary(Op::subtract, -1, 1, [](Inputs x) { return square(2.0 - x[0]); }),
    binary(Op::multiply, {{2, 3}}, {{2, 1}}, [](Inputs x) { return x[0] * x[1]; }),
    binary(Op::multiply, {{2, 3}}, {{}}, [](Inputs x) { return x[0] * x[1]; }),
    binary(Op::divide, {{2, 3}}, {{3}, 0.5, 2}, [](Inputs x) { return x[0] / x[1]; }),
    binary(Op::divide, {{3}}, {{2, 3}, 0.5, 2}, [](Inputs x) { return x[0] / x[1]; }),
    unary(Op::divide, -1, 1, [](Inputs x) { return square(x[0] / 3.0); }),
    binary(Op::maximum, {{2, 3}}, {{3}}, [](Inputs x) { return square(maximum(x[0], x[1])); }),
    binary(Op::minimum, {{2, 3}}, {{3}}, [](Inputs x) { return square(minimum(x[0], x[1])); }),
    unary(Op::minimum, -1, 1, [](Inputs x) { return square(clamp(x[0], -0.4, 0.6)); }),
    binary(Op::where, {{2, 3}}, {{3}}, [](Inputs x) { return square(where(greater(x[0], 0.1), x[0], x[1])); }),
    {Op::weighted_sum, {Input{{2, 3}}, Input{{2, 3}}, Input{{2, 3}}}, 3,
     [](Inputs x) { return weighted_sum({{0.5, square(x[0])}, {1, x[1]}, {-2, x[2] * x[0]}}); }},
    unary(Op::weighted_sum, -1, 1, [](Inputs x) { return square(x[0]) * -3.0; }),
    unary(Op::exp, -2, 2, [](Inputs x) { return exp(x[0]); }),
    unary(Op::expm1, -2, 2, [](Inputs x) { return expm1(x[0]); }),
    unary(Op::log, 0.3, 3, [](Inputs x) { return log(x[0]); }),
    unary(Op::log1p, -0.5, 3, [](Inputs x) { return log1p(x[0]); }),
    unary(Op::sqrt, 0.3, 3, [](Inputs x) { return sqrt(x[0]); }),
    unary(Op::reciprocal, 0.5, 3, [](Inputs x) { return reciprocal(x[0]); }),
    unary(Op::square, -2, 2, [](Inputs x) { return square(x[0]); }),
    unary(Op::power, 0.3, 3, [](Inputs x) { return power(x[0], 2.7); }),
    unary(Op::power, 0.5, 3, [](Inputs x) { return power(x[0], -1.5); }),
    unary(Op::sin, -4, 4, [](Inputs x) { return sin(x[0]); }),
    unary(Op::cos, -4, 4, [](Inputs x) { return cos(x[0]); }),
    unary(Op::tanh, -2, 2, [](Inputs x) { return tanh(x[0]); }),
    unary(Op::sigmoid, -3, 3, [](Inputs x) { return sigmoid(x[0]); }),
    unary(Op::silu, -3, 3, [](Inputs x) { return silu(x[0]); }),
    unary(Op::relu, -1, 1, [](Inputs x) { return relu(square(x[0]) - 0.3); }),
    unary(Op::softplus, -3, 3, [](Inputs x) { return softplus(x[0]); }),
    unary(Op::abs, -1, 1, [](Inputs x) { return square(abs(x[0]) + 1.0); }),
    unary(Op::erf, -2, 2, [](Inputs x) { return erf(x[0]); }),
    // Differences of values rounded to f32 are good to three digits.
    {Op::cast, {Input{{2, 3}}}, 1, [](Inputs x) { return cast(cast(x[0], Dtype::f32), Dtype::f64) * x[0]; }, 2e-3},
    {Op::sum, {Input{{2, 3, 2}}}, 1, [](Inputs x) { return square(sum(x[0], {0, 2})); }},
    {Op::sum, {Input{{2, 3, 2}}}, 1, [](Inputs x) { return square(sum(x[0])); }},
    {Op::sum, {Input{{2, 3, 2}}}, 1, [](Inputs x) { return square(mean(x[0], {-2}, true)) * x[0]; }},
    {Op::max, {Input{{3, 4}}}, 1, [](Inputs x) { return square(max(x[0], 0)); }},
    {Op::max, {Input{{2, 4, 4, 2}}}, 1, [](Inputs x) { return square(max_pool2d(x[0], 2)); }},
    {Op::logsumexp, {Input{{3, 5}, -2, 2}}, 1, [](Inputs x) { return logsumexp(x[0]); }},
    {Op::softmax, {Input{{3, 5}, -2, 2}}, 1, [](Inputs x) { return softmax(x[0]); }},
    {Op::softmax, {Input{{2, 8}, -2, 2}}, 1, [](Inputs x) { return softmax(x[0]); }},
    {Op::attention, {Input{{2, 3, 4}}, Input{{2, 2, 4}}, Input{{2, 2, 4}}}, 3, attend<2>},
    {Op::attention, {Input{{2, 3, 4}}, Input{{2, 5, 4}}, Input{{2, 5, 4}}}, 3, attend_masked<2>},
    {Op::attention, {Input{{1, 18, 8}, -3, 3}, Input{{1, 17, 8}}, Input{{1, 17, 8}}}, 3, attend<1>},
    {Op::attention, {Input{{1, 5, 10}, -3, 3}, Input{{1, 19, 10}}, Input{{1, 19, 10}}}, 3, attend<1>},
    {Op::attention, {Input{{1, 5, 10}, -3, 3}, Input{{1, 19, 10}}, Input{{1, 19, 10}}}, 3, attend_masked<1>},
    {Op::reshape, {Input{{2, 6}}}, 1, [](Inputs x) { return square(reshape(x[0], {3, 4})); }},
    {Op::permute, {Input{{2, 3, 2}}}, 1, [](Inputs x) { return square(permute(x[0], {2, 0, 1})); }},
    {Op::slice, {Input{{2, 5, 2}}}, 1, [](Inputs x) { return square(slice(x[0], 1, 1, 4)); }},
    {Op::slice, {Input{{4, 3}}}, 1, [](Inputs x) { return square(slice(x[0], 0, 1, 3)); }},
    {Op::pad, {Input{{2, 3}}}, 1, [](Inputs x) { return square(pad(x[0], 1, 1, 2) + 1.0); }},
    binary(Op::concat, {{2, 3}}, {{2, 1}}, [](Inputs x) { return square(concat({x[0], x[1], x[0]}, 1)); }),
    {Op::broadcast_to, {Input{{2, 1}}}, 1, [](Inputs x) { return square(broadcast_to(x[0], {3, 2, 4})); }},
    {Op::broadcast_to, {Input{{1, 2, 2, 2}}}, 1, [](Inputs x) { return square(upsample_nearest(x[0], 2)); }},
    {Op::gather, {Input{{3, 2}}}, 1, [](Inputs x) { return square(gather(x[0], picked)); }},
    {Op::scatter_add, {Input{{4, 2}}}, 1, [](Inputs x) { return square(scatter_add(x[0], picked, 5)); }},
    binary(Op::matmul, {{3, 4}}, {{4, 2}}, [](Inputs x) { return matmul(x[0], x[1]); }),
    binary(Op::matmul, {{4, 3}}, {{4, 2}}, [](Inputs x) { return matmul(x[0], x[1], yes); }),
    binary(Op::matmul, {{3, 4}}, {{2, 4}}, [](Inputs x) { return matmul(x[0], x[1], no, yes); }),
    binary(Op::matmul, {{4, 3}}, {{2, 4}}, [](Inputs x) { return matmul(x[0], x[1], yes, yes); }),
    binary(Op::matmul, {{2, 3, 4}}, {{2, 4, 2}}, [](Inputs x) { return matmul(x[0], x[1]); }),
    binary(Op::matmul, {{2, 4, 3}}, {{2, 2, 4}}, [](Inputs x) { return matmul(x[0], x[1], yes, yes); }),
    binary(Op::matmul, {{2, 3, 4}}, {{2, 2, 4}}, [](Inputs x) { return matmul(x[0], x[1], no, yes); }),
    binary(Op::matmul, {{2, 3, 4}}, {{4, 2}}, [](Inputs x) { return matmul(x[0], x[1]); }),
    binary(Op::matmul, {{2, 3, 4}}, {{2, 4}}, [](Inputs x) { return matmul(x[0], x[1], no, yes); }),
    binary(Op::matmul, {{2, 4, 3}}, {{4, 2}}, [](Inputs x) { return matmul(x[0], x[1], yes); }),
    binary(Op::matmul, {{2, 4, 3}}, {{2, 4}}, [](Inputs x) { return matmul(x[0], x[1], yes, yes); }),
    {Op::conv2d, {Input{{2, 4, 3, 2}}, Input{{3, 2, 3, 3}}, Input{{3}}}, 3,
     [](Inputs x) { return conv2d(x[0], x[1], x[2], same); }},
    {Op::conv2d, {Input{{1, 5, 6, 2}}, Input{{2, 2, 3, 3}}}, 2, [](Inputs x) { return conv2d(x[0], x[1], {}, strided); }},
    {Op::conv2d, {Input{{1, 4, 4, 3}}, Input{{2, 3, 1, 1}}}, 2, [](Inputs x) { return conv2d(x[0], x[1], {}, valid); }},
    {Op::conv2d_input_gradient, {Input{{2, 2, 2, 3}}, Input{{3, 2, 3, 3}}}, 2,
     [](Inputs x) { return conv2d_input_gradient(x[0], x[1], {2, 4, 4, 2}, strided); }},
    {Op::conv2d_weight_gradient, {Input{{2, 4, 4, 2}}, Input{{2, 2, 2, 3}}}, 2,
     [](Inputs x) { return conv2d_weight_gradient(x[0], x[1], {3, 2, 3, 3}, strided); }},
    {Op::group_norm, {Input{{2, 2, 2, 6}}, Input{{6}, 0.5, 2}, Input{{6}}}, 3,
     [](Inputs x) { return group_norm(x[0], x[1], x[2], 3); }},
    {Op::group_norm, {Input{{2, 3, 4}}, Input{{4}, 0.5, 2}, Input{{4}}}, 3,
     [](Inputs x) { return group_norm(x[0], x[1], x[2], 2, 1e-3, Activation::silu); }},
    {Op::group_norm, {Input{{2, 3, 5}}, Input{{5}, 0.5, 2}, Input{{5}}}, 3,
     [](Inputs x) { return layer_norm(x[0], x[1], x[2], 1e-5, Activation::silu); }},
};
// clang-format on

constexpr bool has_case(Op op) {
  for (const Case& c : cases)
    if (c.op == op) return true;
  return false;
}
constexpr bool every_op_has_a_case() {
  for (int op = static_cast<int>(Op::leaf) + 1; op < static_cast<int>(Op::count); ++op)
    if (!has_case(static_cast<Op>(op))) return false;
  return true;
}
static_assert(every_op_has_a_case(), "an op has no gradient case: add one to `cases`");

}  // namespace gradient_test
