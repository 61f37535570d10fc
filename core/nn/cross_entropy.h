#pragma once

#include <cstdint>
#include <span>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Returns −log softmax(logits)[label] of each row, [B], for logits [B, classes] and B labels, counted from 0.  Throws
/// ShapeError for another number of labels, or a label that is no class.
Tensor cross_entropy(const Tensor& logits, std::span<const std::int64_t> labels);

}  // namespace fokker
