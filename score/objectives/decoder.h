#pragma once

#include "fokker/core/ops/autodiff.h"
#include "fokker/sde/grey_levels.h"

namespace fokker {

/// −log p(x₀) of each sample in nats, [B], under N(mean, deviation²), given by  offset = (mean − x₀)/deviation  [B, …]
/// and the scalar `log_deviation`.  Continuous data: the density.  Levels: the probability, in proportion to the density
/// at the levels [kingma2021]; those farther than `reach` deviations from x₀ count as 0, and reach = 0 counts all.
/// Throws ConfigError where a value of x₀ is no level.
Tensor decoder_nll(const Tensor& x0, const Tensor& offset, const Tensor& log_deviation, const GreyLevels& levels,
                   double reach = 0);

}  // namespace fokker
