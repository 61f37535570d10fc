#include "fokker/core/ops/checkpoint.h"

#include <thread>

#include "fokker/core/nn/conv.h"
#include "fokker/core/nn/dropout.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

struct Block {
  Tensor weight;
  Pass pass;

  Tensor operator()(const Tensor& x, const Tensor& shift) const {
    const Tensor h = conv2d(silu(x), weight, {}, {1, 1}) + shift;
    return x + Dropout{.rate = 0.3}(tanh(h), pass) * 0.5;
  }
};

struct Chain {
  Tensor x, shift;
  std::vector<Block> blocks;

  explicit Chain(int depth, std::int64_t batch = 2) : x(Rng(1).normal({batch, 8, 8, 4}).leaf()) {
    shift = Rng(2).normal({4}).leaf();
    for (int i = 0; i < depth; ++i)
      blocks.push_back({(Rng(3 + static_cast<std::uint64_t>(i)).normal({4, 4, 3, 3}) * 0.2).leaf(),
                        {.training = true, .rng = Rng(9)}});
  }
  std::vector<Tensor> leaves() const {
    std::vector<Tensor> result{x, shift};
    for (const Block& block : blocks) result.push_back(block.weight);
    return result;
  }
  /// Each block sees the sum of those before it, so that gradients meet.
  Tensor loss(bool again) const {
    Tensor h = x * 1.0;
    const Tensor e = sin(shift);
    for (const Block& block : blocks) h = h + (again ? checkpoint(block, h, e) : block(h, e));
    return mean(square(h));
  }
};

bool equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].to_vector() != b[i].to_vector()) return false;
  return a.size() == b.size();
}

/// Bytes that the pools grow by while a new thread takes the gradients.
std::size_t growth(bool again) {
  const Chain chain(12, 64);
  std::size_t result = 0;
  std::thread([&] {
    const std::size_t before = detail::pooled_bytes();
    grad(chain.loss(again), chain.leaves());
    result = detail::pooled_bytes() - before;
  }).join();
  return result;
}

}  // namespace

TEST_CASE("gradients through checkpoints are the same to the bit, of parameters too") {
  const Chain chain(4);
  CHECK(chain.loss(true).item() == chain.loss(false).item());
  const auto plain = grad(chain.loss(false), chain.leaves()), again = grad(chain.loss(true), chain.leaves());
  CHECK(equal(plain, again));
  for (const Tensor& g : again) CHECK(sum(abs(g)).item() > 0);
  const MixedPrecision scope(Precision::bf16);
  const Tensor loss = chain.loss(true);
  const auto in_bf16 = grad(chain.loss(false), chain.leaves());
  const MixedPrecision later(Precision::f32);  // what is computed again keeps its precision
  CHECK(equal(grad(loss, chain.leaves()), in_bf16));
  CHECK_FALSE(equal(plain, in_bf16));
}

TEST_CASE("second derivatives through checkpoints, and checkpoints in checkpoints") {
  const Chain chain(3);
  const auto second = [&](bool again) {
    const auto first = grad(chain.loss(again), chain.leaves(), true);
    return grad(sum(square(first[0])) + sum(square(first[2])), chain.leaves());
  };
  const auto plain = second(false), again = second(true);
  for (std::size_t i = 0; i < plain.size(); ++i) {  // terms are added in another order
    CHECK(sum(square(plain[i])).item() > 0);
    CHECK(sum(square(again[i] - plain[i])).item() < 1e-12 * sum(square(plain[i])).item());
  }
  const Tensor x = Tensor::scalar(0.7).leaf();
  const auto inner = [](const Tensor& a) { return sin(a) * a; };
  const auto outer = [&](const Tensor& a) { return exp(checkpoint(inner, a * 2.0)); };
  CHECK(grad(checkpoint(outer, x), x).item() == grad(exp(inner(x * 2.0)), x).item());
}

TEST_CASE("checkpoints keep less memory") {
#if !defined(__SANITIZE_ADDRESS__)
  const std::size_t plain = growth(false), again = growth(true);
  INFO(plain << " and " << again << " bytes");
  CHECK(again < plain / 2);
#endif
}

TEST_CASE("a checkpoint whose function throws leaves the graph as it was") {
  const Tensor x = Tensor::scalar(0.5).leaf();
  int calls = 0;
  const auto failing = [&calls](const Tensor& a) {
    require<Error>(++calls != 2, "the second time");
    return a * a;
  };
  const Tensor y = checkpoint(failing, x * 1.0);
  CHECK_THROWS_AS(grad(y, x), Error);
  CHECK(grad(y, x).item() == 1);
}
