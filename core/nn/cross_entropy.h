#pragma once

#include <cstdint>
#include <span>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// −log softmax(logits)[label] of each row: logits [B, classes], a label from 0 for each → [B].  Throws ShapeError for another
/// number of labels, or one that is no class.
Tensor cross_entropy(const Tensor& logits, std::span<const std::int64_t> labels);

}  // namespace fokker
