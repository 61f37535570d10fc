#include "fokker/core/base/flops.h"

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("products and convolutions count their operations") {
  const auto work = [](auto&& f) {
    const std::int64_t before = operations_done();
    f();
    return operations_done() - before;
  };
  const Tensor a = Tensor::ones({3, 5}).leaf(), b = Tensor::ones({5, 7}).leaf();
  CHECK(work([&] { matmul(a, b); }) == 2 * 3 * 5 * 7);
  const std::vector<Tensor> leaves = {a, b};
  CHECK(work([&] { grad(sum(matmul(a, b)), leaves); }) == 3 * 2 * 3 * 5 * 7);
  const Tensor x = Tensor::ones({2, 6, 6, 3}).leaf(), weight = Tensor::ones({4, 3, 3, 3}).leaf();
  const std::int64_t conv = 2 * (2 * 3 * 3 * 4) * (3 * 3 * 3);  // stride 2: 3 × 3 pixels out
  CHECK(work([&] { conv2d(x, weight, {}, {.stride = 2, .padding = 1}); }) == conv);
  const std::vector<Tensor> both = {x, weight};
  CHECK(work([&] { grad(sum(conv2d(x, weight, {}, {.stride = 2, .padding = 1})), both); }) == 3 * conv);
  CHECK(work([&] { matmul(Tensor::ones({2, 3, 4}), Tensor::ones({2, 4, 5})); }) == 2 * 2 * 3 * 4 * 5);
  CHECK(work([&] { sum(a); }) == 0);
}
