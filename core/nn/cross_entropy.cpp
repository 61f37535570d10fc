#include "fokker/core/nn/cross_entropy.h"

#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

Tensor cross_entropy(const Tensor& logits, std::span<const std::int64_t> labels) {
  require<ShapeError>(logits.rank() == 2 && logits.extent(0) == std::ssize(labels),
                      "[cross_entropy] expected logits [B, classes] and B labels, got {} and {}", logits.shape(),
                      labels.size());
  const std::int64_t classes = logits.extent(1);
  std::vector<double> chosen(static_cast<std::size_t>(logits.size()));
  for (std::size_t row = 0; row < labels.size(); ++row) {
    require<ShapeError>(labels[row] >= 0 && labels[row] < classes, "[cross_entropy] expected labels below {}, got {}",
                        classes, labels[row]);
    chosen[row * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[row])] = 1;
  }
  return logsumexp(logits) - sum(logits * Tensor::from(chosen, logits.shape(), logits.dtype()), {1});
}

}  // namespace fokker
