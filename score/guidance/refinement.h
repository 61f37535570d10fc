#pragma once

#include <functional>

#include "fokker/core/nn/module.h"
#include "fokker/score/parameterization.h"
#include "fokker/sde/score.h"

namespace fokker {

/// The log ratio log p_t(x)/q_t(x) of each row of x [B, …] at one time, [B], written in ops.
using LogRatio = std::function<Tensor(const Tensor& x, double t)>;

/// Discriminator guidance [kim2023]: the score s + w ∇ log p_t/q_t.  Where s is the score of the model's law q, w = 1
/// gives the score of the data's law p.  The log ratio is the logit of a discriminator that tells diffused data from
/// diffused samples.
Score refine(Score score, LogRatio ratio, double weight = 1);

/// The logit of a discriminator of x_t and the time label as a log ratio.  The discriminator sees x_t times
/// `input_scale`.
LogRatio log_ratio(std::shared_ptr<const Network> discriminator, const ForwardSde& sde);

}  // namespace fokker
