#pragma once

#include <functional>

#include "fokker/core/nn/module.h"
#include "fokker/score/parameterization.h"
#include "fokker/sde/score.h"

namespace fokker {

/// log p_t(x)/q_t(x) of each row of x [B, …] at one time, [B], written in ops.
using LogRatio = std::function<Tensor(const Tensor& x, double t)>;

/// Discriminator guidance [kim2023]:  s + w ∇ log p_t/q_t.  With s the score of q, the model's own law, w = 1 gives the score
/// of p, the data's: a discriminator that tells diffused data from diffused samples has the log ratio as its logit.
Score refine(Score score, LogRatio ratio, double weight = 1);

/// The logits of a discriminator of x_t and the time's label as a log ratio; it sees x_t times `input_scale`.
LogRatio log_ratio(std::shared_ptr<const Network> discriminator, const ForwardSde& sde);

}  // namespace fokker
