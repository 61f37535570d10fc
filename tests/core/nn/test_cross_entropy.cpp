#include <cmath>
#include <vector>

#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/reduce.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("the cross entropy is the negative log probability of the label, and its gradient softmax less one-hot") {
  const Tensor logits = Tensor::from({1.0, 2.0, 0.5, -1.0, 0.0, 3.0}, {2, 3}, Dtype::f64).leaf();
  const std::vector<std::int64_t> labels = {2, 0};
  const Tensor loss = cross_entropy(logits, labels);
  const auto probability = [&](int row, int of) {
    double total = 0;
    for (int j = 0; j < 3; ++j) total += std::exp(logits.at(3 * row + j));
    return std::exp(logits.at(3 * row + of)) / total;
  };
  CHECK(loss.shape() == Shape{2});
  for (int row = 0; row < 2; ++row)
    CHECK(loss.at(row) == Approx(-std::log(probability(row, static_cast<int>(labels[row])))));
  const Tensor gradient = grad(sum(loss), logits);
  for (int row = 0; row < 2; ++row)
    for (int j = 0; j < 3; ++j)
      CHECK(gradient.at(3 * row + j) == Approx(probability(row, j) - (j == labels[row] ? 1 : 0)).margin(1e-12));
  CHECK_THROWS_AS(cross_entropy(logits, std::vector<std::int64_t>{3, 0}), ShapeError);
  CHECK_THROWS_AS(cross_entropy(logits, std::vector<std::int64_t>{1}), ShapeError);
}
