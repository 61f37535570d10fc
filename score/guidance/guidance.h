#pragma once

#include <array>
#include <functional>
#include <limits>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// How far two scores are pulled apart, and at which noise levels.
struct Guidance {
  double strength = 1;  // w: 1 gives the conditional score, 0 the other one
  /// Noise levels σ/α at which w acts; elsewhere the score is the conditional one [kynkaanniemi2024].
  std::array<double, 2> interval = {0, std::numeric_limits<double>::infinity()};
  /// Share φ of the result whose denoised samples get the deviation of the conditional ones back [lin2024].
  double rescale = 0;
};

/// The guided score s = s_o + w (s_c − s_o).  With the unconditional score as s_o it is classifier-free guidance
/// [ho2022].  With the score under another prompt s_o acts as a negative prompt.  With the score of a weaker network it
/// is autoguidance [karras2024b].
Score guide(Score conditional, Score other, const ForwardSde& sde, const Guidance& guidance);

/// The score s + w ∇ log p(y | x_t), which for w = 1 is Bayes' rule [dhariwal2021].  `log_likelihood` is that gradient.
Score guide_by_classifier(Score score, Score log_likelihood, const ForwardSde& sde, const Guidance& guidance);

/// The gradient ∇ₓ log softmax(logits(x, t))[label of each row] of a noise-aware classifier, in the shape of x [B, …].
/// `logits` maps x to [B, classes] in ops.  Fewer labels than samples are repeated.
Score label_gradient(std::function<Tensor(const Tensor& x, double t)> logits, std::vector<std::int64_t> labels);

/// Dynamic thresholding [saharia2022].  Let s be the quantile `share` (core/base/quantile.h) of the absolute values of a
/// denoised sample.  Where s exceeds `bound`, the sample is clamped to ±s and multiplied by bound/s.  Throws
/// ConfigError unless 0 < share ≤ 1 and bound > 0.
Score threshold(Score score, const ForwardSde& sde, double share, double bound = 1);

/// The score whose denoised samples are change(D, x, t), where D = (x + σ² s)/α.
Score with_denoised(Score score, const ForwardSde& sde,
                    std::function<Tensor(const Tensor& denoised, const Tensor& x, double t)> change);

}  // namespace fokker
