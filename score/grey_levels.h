#pragma once

#include "fokker/core/autodiff.h"

namespace fokker {

/// Whole-number data as networks see them: first + k·width, k = 0 … count − 1.
struct GreyLevels {
  std::int64_t count = 0;  // 0: the data are continuous
  double first = 0, width = 1;
};

/// −log p(x₀) of each sample in nats, [B], under N(mean, deviation²), given by  offset = (mean − x₀)/deviation  [B, …]
/// and the scalar `log_deviation`.  Continuous data: the density.  Levels: the probability, in proportion to the density
/// at the levels [kingma2021]; those farther than `reach` deviations from x₀ count as 0, and reach = 0 counts all.
/// Throws ConfigError where a value of x₀ is no level.
Tensor decoder_nll(const Tensor& x0, const Tensor& offset, const Tensor& log_deviation, const GreyLevels& levels,
                   double reach = 0);

}  // namespace fokker
