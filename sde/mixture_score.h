#pragma once

#include <cstdint>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker::detail {

/// A mixture Σ wₖ N(μₖ, Vₖ I) in the form that the loop needs.
struct MixtureTerms {
  std::int64_t components, dimension;
  std::vector<double> means;           // [components, dimension]
  std::vector<double> half_precision;  // 1/(2 Vₖ)
  std::vector<double> offset;          // log wₖ − ½ d log Vₖ
};

/// Returns ∇ log p at the rows of x [B, ...], of x's shape, in one pass and off the tape.
/// The bits of a row depend on that row alone.
Tensor mixture_score(const MixtureTerms& terms, const Tensor& x);

}  // namespace fokker::detail
