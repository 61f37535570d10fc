#pragma once

#include "fokker/core/ops/autodiff.h"
#include "fokker/sde/grey_levels.h"

namespace fokker {

/// Negative log-likelihood −log p(x₀) of each sample in nats, [B], under N(mean, deviation²).  The law is given by
/// offset = (mean − x₀)/deviation, [B, …], and by the scalar `log_deviation`.  For continuous data p is the density.
/// For data on levels p is a probability, in proportion to the density at the levels [kingma2021].  Levels farther than
/// `reach` deviations from x₀ count as 0; reach = 0 counts all levels.  Throws ConfigError where a value of x₀ is no
/// level.
Tensor decoder_nll(const Tensor& x0, const Tensor& offset, const Tensor& log_deviation, const GreyLevels& levels,
                   double reach = 0);

}  // namespace fokker
