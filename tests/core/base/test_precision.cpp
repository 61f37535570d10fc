#include "fokker/core/base/precision.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/operand.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"
#include "tests/core/kernels/kernel_tables.h"

using namespace fokker;

namespace {

constexpr double unit_roundoff = 1.0 / 256;  // of bf16, which has eight significant bits

/// The bf16 nearest to a normal number, by its definition: 8 significant bits, ties to even.
double nearest_bf16(double x) {
  const double spacing = std::ldexp(1.0, std::ilogb(x) - 7);
  return std::nearbyint(x / spacing) * spacing;
}

float widened(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

Tensor wide(const Tensor& x) { return cast(x, Dtype::f64); }
Tensor rounded(const Tensor& x) { return detail::rounded_to_bf16(x.detach()); }

/// A bilinear op of x and w, its output's weights c, and the sum Σ c·op(x, w) whose gradients are the other products.
using Bilinear = std::function<Tensor(const Tensor& x, const Tensor& w)>;
struct Products {
  Tensor y, dx, dw;
};
Products products(const Bilinear& op, const Tensor& x, const Tensor& w, const Tensor& c, std::optional<Precision> p) {
  const Tensor leaves[] = {x.leaf(), w.leaf()};
  Tensor y;
  {
    const MixedPrecision scope(p.value_or(Precision::f32));
    y = op(leaves[0], leaves[1]);
  }
  const auto gradients = grad(sum(y * c), leaves);
  return {y.detach(), gradients[0], gradients[1]};
}

/// |got − exact| ≤ factor·scale, element by element.
bool within(const Tensor& got, const Tensor& exact, const Tensor& scale, double factor) {
  for (std::int64_t i = 0; i < got.size(); ++i)
    if (!(std::abs(got.at(i) - exact.at(i)) <= factor * scale.at(i) + 1e-30)) return false;
  return true;
}

/// In bf16 all three products are those of the rounded operands up to sums in f32, hence within 2 u + u² of the exact ones
/// in units of the product of absolute values.
void check_bilinear(const Bilinear& op, const Shape& x_shape, const Shape& w_shape) {
  const Tensor x = Rng(1).normal(x_shape), w = Rng(2).normal(w_shape);
  const Tensor c = Rng(3).normal(op(x, w).shape());
  const Products got = products(op, x, w, c, Precision::bf16);
  const Products of_rounded = products(op, wide(rounded(x)), wide(rounded(w)), wide(rounded(c)), {});
  const Products exact = products(op, wide(x), wide(w), wide(c), {});
  const Products scale = products(op, abs(wide(x)), abs(wide(w)), abs(wide(c)), {});
  const double f32_sums = 1e-6, bound = 2.01 * unit_roundoff;
  CHECK(got.y.dtype() == Dtype::f32);
  for (Tensor Products::*part : {&Products::y, &Products::dx, &Products::dw}) {
    CHECK(within(got.*part, of_rounded.*part, scale.*part, f32_sums));
    CHECK(within(got.*part, exact.*part, scale.*part, bound));
    CHECK_FALSE(within(got.*part, exact.*part, scale.*part, f32_sums));  // negative control: they are rounded
  }
}

double cosine(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::int64_t j = 0; j < a[i].size(); ++j) {
      ab += a[i].at(j) * b[i].at(j);
      aa += a[i].at(j) * a[i].at(j);
      bb += b[i].at(j) * b[i].at(j);
    }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("bf16 is the nearest number with eight significant bits, ties to even, in every kernel table") {
  std::vector<float> x = kernel_test::random_values<float>(999, -10, 10, 1);
  for (float& v : x) v = std::ldexp(v, static_cast<int>(v * 9));
  for (std::uint32_t half : {0x3f808000u, 0x3f818000u, 0xbf818000u, 0x7f7f8000u})
    x.push_back(std::bit_cast<float>(half));
  for (const kernels::Table* table : kernel_test::tables()) {
    INFO(table->name);
    std::vector<std::uint16_t> bits(x.size());
    table->bf16.round(x.data(), bits.data(), static_cast<std::int64_t>(x.size()));
    std::vector<float> back(x.size());
    table->bf16.widen(bits.data(), back.data(), static_cast<std::int64_t>(x.size()));
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      REQUIRE(static_cast<double>(back[i]) == nearest_bf16(static_cast<double>(x[i])));
      REQUIRE(back[i] == widened(bits[i]));
    }
    CHECK(std::isinf(back.back()));  // above the largest
  }
}

TEST_CASE("NaN, infinity and zero survive the rounding to bf16") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float x[] = {std::bit_cast<float>(0x7f800001u), std::bit_cast<float>(0xffffffffu), infinity, -infinity, -0.0f};
  for (const kernels::Table* table : kernel_test::tables()) {
    std::uint16_t bits[5];
    table->bf16.round(x, bits, 5);
    CHECK(std::isnan(widened(bits[0])));
    CHECK(std::isnan(widened(bits[1])));
    CHECK(bits[2] == 0x7f80);
    CHECK(bits[3] == 0xff80);
    CHECK(bits[4] == 0x8000);
  }
}

TEST_CASE("convolutions in bf16 are products of rounded operands, summed in f32") {
  struct Case {
    Shape x, weight;
    ConvGeometry geometry;
  };
  const Case cases[] = {{{2, 8, 8, 16}, {32, 16, 3, 3}, {1, 1}}, {{3, 7, 5, 3}, {5, 3, 3, 3}, {1, 1}},
                        {{2, 9, 7, 6}, {8, 6, 3, 3}, {2, 1}},    {{2, 8, 8, 32}, {16, 32, 3, 3}, {2, 1}},
                        {{2, 5, 5, 24}, {40, 24, 1, 1}, {1, 0}}, {{1, 6, 6, 1}, {32, 1, 3, 3}, {1, 1}},
                        {{2, 6, 6, 32}, {1, 32, 3, 3}, {1, 1}},  {{2, 10, 10, 8}, {8, 8, 5, 5}, {1, 0}}};
  for (const Case& c : cases) {
    INFO(to_string(c.x) << " by " << to_string(c.weight));
    check_bilinear([&](const Tensor& x, const Tensor& w) { return conv2d(x, w, {}, c.geometry); }, c.x, c.weight);
  }
}

TEST_CASE("matrix products in bf16 are products of rounded operands, summed in f32") {
  constexpr Transpose no = Transpose::no, yes = Transpose::yes;
  const auto check = [](const Shape& a, const Shape& b, Transpose ta, Transpose tb) {
    INFO(to_string(a) << " by " << to_string(b));
    check_bilinear([&](const Tensor& x, const Tensor& w) { return matmul(x, w, ta, tb); }, a, b);
  };
  check({17, 24}, {24, 9}, no, no);
  check({17, 24}, {9, 24}, no, yes);
  check({24, 17}, {24, 9}, yes, no);
  check({24, 17}, {9, 24}, yes, yes);
  check({3, 5, 64}, {32, 64}, no, yes);
  check({2, 3, 5, 7}, {7, 4}, no, no);
}

TEST_CASE("an op keeps the precision of its forward pass, and f64 has none") {
  const Tensor x = Rng(1).normal({2, 6, 6, 4}).leaf(), w = Rng(2).normal({8, 4, 3, 3}).leaf();
  const Tensor leaves[] = {x, w};
  const auto loss = [&] { return sum(square(conv2d(x, w, {}, {1, 1}))); };
  std::vector<Tensor> outside, inside;
  {
    std::optional<MixedPrecision> scope(Precision::bf16);
    CHECK(precision() == Precision::bf16);
    {
      const MixedPrecision inner(Precision::f32);
      CHECK(precision() == Precision::f32);
    }
    inside = grad(loss(), leaves);
    const Tensor later = loss();
    scope.reset();
    outside = grad(later, leaves);
    CHECK(precision() == Precision::f32);
  }
  const auto in_f32 = grad(loss(), leaves);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(inside[i].to_vector() == outside[i].to_vector());
    CHECK(inside[i].to_vector() != in_f32[i].to_vector());
  }
  const Tensor a = Rng(3).normal({4, 5}, Dtype::f64), b = Rng(4).normal({5, 6}, Dtype::f64);
  const Tensor before = matmul(a, b);
  const MixedPrecision scope(Precision::bf16);
  CHECK(matmul(a, b).to_vector() == before.to_vector());
  CHECK_THROWS_WITH(precision_of("fp16"), Catch::Contains("bf16"));
}

TEST_CASE("second derivatives in bf16 follow those in f64") {
  const auto second = [](Dtype dtype, Precision p) {
    const Tensor x = cast(Rng(1).normal({2, 5, 5, 3}), dtype).leaf(),
                 w = cast(Rng(2).normal({4, 3, 3, 3}), dtype).leaf(), m = cast(Rng(3).normal({6, 4}), dtype).leaf();
    const Tensor leaves[] = {x, w, m};
    std::vector<Tensor> first;
    {
      const MixedPrecision scope(p);
      const Tensor h = tanh(conv2d(x, w, {}, {1, 1}) * 0.2);
      first = grad(sum(square(matmul(h, m, Transpose::no, Transpose::yes))), leaves, true);
    }
    return grad(sum(square(first[0])) + sum(square(first[1])) + sum(square(first[2])), leaves);
  };
  const auto exact = second(Dtype::f64, Precision::f32), in_bf16 = second(Dtype::f32, Precision::bf16);
  for (std::size_t i = 0; i < exact.size(); ++i) CHECK(cosine({exact[i]}, {in_bf16[i]}) > 0.9995);
  CHECK(cosine(exact, in_bf16) < 1 - 1e-9);  // negative control
}

TEST_CASE("rows of a product in bf16 and images of a convolution do not see their batch") {
  const MixedPrecision scope(Precision::bf16);
  const Tensor a = Rng(1).normal({37, 96}), b = Rng(2).normal({64, 96});
  const Tensor x = Rng(3).normal({9, 8, 8, 32}), w = Rng(4).normal({32, 32, 3, 3}), w1 = Rng(5).normal({48, 32, 1, 1});
  const Tensor rows = matmul(a, b, Transpose::no, Transpose::yes);
  const Tensor images = conv2d(x, w, {}, {1, 1}), points = conv2d(x, w1, {}, {1, 0});
  for (std::int64_t count : {1, 2, 5}) {
    CHECK(matmul(a.rows(0, count), b, Transpose::no, Transpose::yes).to_vector() == rows.rows(0, count).to_vector());
    CHECK(conv2d(x.rows(0, count), w, {}, {1, 1}).to_vector() == images.rows(0, count).to_vector());
    CHECK(conv2d(x.rows(0, count), w1, {}, {1, 0}).to_vector() == points.rows(0, count).to_vector());
  }
}
