// Tensors without elements or without axes, through every op: what NumPy gives, or a ShapeError; never a crash.
#include <cmath>
#include <set>

#include "fokker/core/base/precision.h"
#include "fokker/core/nn/attention.h"
#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/embedding.h"
#include "fokker/core/nn/linear.h"
#include "fokker/core/nn/norm.h"
#include "fokker/core/ops/rows.h"
#include "tests/core/ops/gradient_cases.h"
#include "tests/support/catch.h"

using namespace gradient_test;

namespace {

using Shapes = std::vector<Shape>;

Shapes shapes_of(const Case& c) {
  Shapes shapes;
  for (int i = 0; i < c.count; ++i) shapes.push_back(c.inputs[static_cast<std::size_t>(i)].shape());
  return shapes;
}

/// The case's shapes with one axis empty, with every axis of one extent empty (so that they still fit), and with one
/// input of rank 0.
std::vector<Shapes> emptied(const Shapes& shapes) {
  std::vector<Shapes> result;
  std::set<std::int64_t> extents;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (int axis = 0; axis < shapes[i].rank(); ++axis) {
      result.push_back(shapes);
      result.back()[i] = with_extent(shapes[i], axis, 0);
      extents.insert(shapes[i][axis]);
    }
    result.push_back(shapes);
    result.back()[i] = {};
  }
  for (const std::int64_t extent : extents) {
    result.push_back(shapes);
    for (Shape& shape : result.back())
      for (int axis = 0; axis < shape.rank(); ++axis)
        if (shape[axis] == extent) shape = with_extent(shape, axis, 0);
  }
  return result;
}

/// f(x) with its first and second gradients, or the ShapeError that says why not.  Gradients of nothing are 0.
void walk(const Shapes& shapes, Dtype dtype, Tensor (*f)(Inputs)) {
  std::vector<Tensor> x;
  for (const Shape& shape : shapes) x.push_back(Tensor::full(shape, 0.5, dtype).leaf());
  try {
    const Tensor y = f(x);
    const auto first = grad(sum(y), x, true);
    Tensor total = Tensor::scalar(0, dtype);
    for (std::size_t i = 0; i < x.size(); ++i) {
      REQUIRE(first[i].shape() == x[i].shape());
      total = total + sum(first[i]);
    }
    const auto second = grad(total, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      REQUIRE(second[i].shape() == x[i].shape());
      for (std::int64_t e = 0; y.size() == 0 && e < x[i].size(); ++e) CHECK(first[i].at(e) == 0);
    }
  } catch (const ShapeError& error) {
    CHECK(std::string(error.what()).find('[') == 0);
  }
}

bool nan(const Tensor& x) { return std::isnan(x.item()); }

}  // namespace

TEST_CASE("every op takes empty tensors and tensors without axes, or refuses them by name") {
  for (const Case& c : cases)
    for (const Shapes& shapes : emptied(shapes_of(c))) {
      std::string text;
      for (const Shape& shape : shapes) text += to_string(shape) + " ";
      INFO(to_string(c.op) << ", case " << &c - cases << ": " << text);
      walk(shapes, Dtype::f64, c.apply);
      if (c.op == Op::cast) continue;
      walk(shapes, Dtype::f32, c.apply);
      const MixedPrecision scope(Precision::bf16);
      walk(shapes, Dtype::f32, c.apply);
    }
}

TEST_CASE("the results of empty tensors are NumPy's") {
  const auto none = [](const Shape& shape) { return Tensor::zeros(shape, Dtype::f64); };
  CHECK((none({0, 3}) + none({3})).shape() == Shape{0, 3});
  CHECK((none({0, 1}) * none({4})).shape() == Shape{0, 4});
  CHECK(where(none({0}), none({1}), none({})).shape() == Shape{0});
  CHECK(sum(none({0})).item() == 0);
  CHECK(sum(none({2, 0}), {1}).to_vector() == std::vector<double>{0, 0});
  CHECK(sum(none({2, 0}), {0}).shape() == Shape{0});
  CHECK(nan(mean(none({0, 3}))));
  CHECK(nan(mean(none({1, 0}), {1})));
  CHECK_THROWS_AS(max(none({2, 0}), 1), ShapeError);
  CHECK(max(none({0, 2}), 1).shape() == Shape{0});
  CHECK_THROWS_AS(softmax(none({2, 0})), ShapeError);
  CHECK(softmax(none({0, 2})).shape() == Shape{0, 2});
  CHECK(matmul(none({2, 0}), none({0, 2})).to_vector() == std::vector<double>(4, 0));
  CHECK(matmul(none({0, 2, 3}), none({0, 3, 4})).shape() == Shape{0, 2, 4});
  CHECK_THROWS_AS(matmul(none({}), none({2, 2})), ShapeError);
  CHECK(reshape(none({0, 3}), {2, 0}).shape() == Shape{2, 0});
  CHECK_THROWS_AS(reshape(none({0}), {}), ShapeError);
  CHECK(permute(none({0, 2, 3}), {2, 0, 1}).shape() == Shape{3, 0, 2});
  CHECK(permute(none({}), {}).rank() == 0);
  CHECK(concat({none({0, 2}), Tensor::ones({1, 2}, Dtype::f64)}, 0).to_vector() == std::vector<double>{1, 1});
  CHECK(pad(none({0}), 0, 1, 2).to_vector() == std::vector<double>{0, 0, 0});
  CHECK(broadcast_to(none({1}), {0}).shape() == Shape{0});
  CHECK_THROWS_AS(broadcast_to(none({0}), {1}), ShapeError);
  CHECK(gather(none({3, 0}), picked).shape() == Shape{4, 0});
  CHECK_THROWS_AS(gather(none({0, 2}), picked), ShapeError);
  CHECK(scatter_add(none({0, 2}), {}, 2).to_vector() == std::vector<double>(4, 0));
  CHECK(row_size(none({0, 2, 3})) == 6);
  CHECK(flat_rows(none({0, 2, 3})).shape() == Shape{0, 6});
  CHECK_THROWS_AS(row_size(none({})), ShapeError);
}

TEST_CASE("convolutions of no images, in both dtypes, have no pixels and a gradient of 0") {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const Tensor x = Tensor::ones({0, 4, 4, 2}, dtype).leaf(), w = Tensor::ones({3, 2, 3, 3}, dtype).leaf();
    const Tensor b = Tensor::ones({3}, dtype).leaf();
    const Tensor inputs[] = {x, w, b};
    const Tensor y = conv2d(x, w, b, same);
    CHECK(y.shape() == Shape{0, 4, 4, 3});
    const auto found = grad(sum(y), inputs);
    CHECK(found[0].shape() == x.shape());
    for (std::int64_t i = 0; i < w.size(); ++i) REQUIRE(found[1].at(i) == 0);
    for (std::int64_t i = 0; i < 3; ++i) REQUIRE(found[2].at(i) == 0);
    CHECK_THROWS_AS(conv2d(Tensor::ones({1, 4, 4, 0}, dtype), Tensor::ones({3, 0, 3, 3}, dtype), {}, same), ShapeError);
    CHECK_THROWS_AS(conv2d(Tensor::ones({1, 0, 4, 2}, dtype), w, {}, same), ShapeError);
    CHECK_THROWS_AS(conv2d(Tensor::ones({1, 4, 4, 2}, dtype), Tensor::ones({0, 2, 3, 3}, dtype), {}, same), ShapeError);
    CHECK_THROWS_AS(conv2d(Tensor::ones({1, 4, 4, 2}, dtype), Tensor::ones({3, 2, 0, 3}, dtype), {}, same), ShapeError);
  }
}

TEST_CASE("layers of nothing are refused, and layers take no samples") {
  const Rng rng(1);
  CHECK_THROWS_AS(Linear(0, 3, rng), ShapeError);
  CHECK_THROWS_AS(Linear(3, 0, rng), ShapeError);
  CHECK_THROWS_AS(Conv2d(0, 3, 3, rng), ShapeError);
  CHECK_THROWS_AS(Conv2d(3, 0, 3, rng), ShapeError);
  CHECK_THROWS_AS(Conv2d(3, 3, 0, rng), ShapeError);
  CHECK_THROWS_AS(Attention(0, 1, 0, rng), ShapeError);
  CHECK_THROWS_AS(CrossAttention(4, 0, 1, 1, rng), ShapeError);
  CHECK_THROWS_AS(ConditionalInstanceNorm(0, 4, rng), ShapeError);
  CHECK_THROWS_AS(TimeEmbedding(0, 4, rng), ShapeError);
  CHECK_THROWS_AS(FourierEmbedding(0, 1, rng), ConfigError);
  CHECK_THROWS_AS(GroupNorm(0, 1)(Tensor::ones({2, 3, 0})), ShapeError);
  CHECK_THROWS_AS(LayerNorm(0)(Tensor::ones({2, 0})), ShapeError);
  CHECK_THROWS_AS(LayerNorm(2)(Tensor::scalar(1)), ShapeError);
  CHECK_THROWS_AS(Linear(2, 3, rng)(Tensor::scalar(1)), ShapeError);
  CHECK_THROWS_AS(cross_entropy(Tensor::ones({2, 0}), std::vector<std::int64_t>{0, 0}), ShapeError);

  CHECK(Linear(2, 3, rng)(Tensor::ones({0, 2})).shape() == Shape{0, 3});
  CHECK(Conv2d(2, 3, 3, rng)(Tensor::ones({0, 4, 4, 2})).shape() == Shape{0, 4, 4, 3});
  CHECK(GroupNorm(4, 2)(Tensor::ones({0, 3, 3, 4})).shape() == Shape{0, 3, 3, 4});
  CHECK(LayerNorm(4)(Tensor::ones({0, 4})).shape() == Shape{0, 4});
  CHECK(Attention(4, 2, 1, rng)(Tensor::ones({0, 2, 2, 4})).shape() == Shape{0, 2, 2, 4});
  CHECK(ConditionalInstanceNorm(4, 2, rng)(Tensor::ones({0, 2, 2, 4}), Tensor::ones({0, 2})).size() == 0);
  CHECK(Dropout{0.5, 0}(Tensor::ones({0, 3}), {.training = true}).shape() == Shape{0, 3});
  CHECK(sinusoidal_embedding(Tensor::ones({0}), 4).shape() == Shape{0, 4});
  CHECK(FourierEmbedding(4, 1, rng)(Tensor::ones({0})).shape() == Shape{0, 4});
  CHECK_THROWS_AS(sinusoidal_embedding(Tensor::scalar(1), 4), ShapeError);
}
