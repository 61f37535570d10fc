#pragma once

#include <array>
#include <functional>
#include <limits>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// How far two scores are pulled apart, and at which noise.
struct Guidance {
  double strength = 1;  // w: 1 the conditional score, 0 the other one
  /// Noise σ/α at which w acts; beyond it the score is the conditional one [kynkaanniemi2024].
  std::array<double, 2> interval = {0, std::numeric_limits<double>::infinity()};
  /// φ: share of the result whose denoised samples get the deviation of the conditional ones back [lin2024].
  double rescale = 0;
};

/// s = s_o + w (s_c − s_o).  Classifier-free guidance [ho2022] where s_o is the unconditional score, a negative prompt where
/// it is the score under that prompt, autoguidance [karras2024b] where it is the score of a weaker network.
Score guide(Score conditional, Score other, const ForwardSde& sde, const Guidance& guidance);

/// s + w ∇ log p(y | x_t), Bayes' rule for w = 1 [dhariwal2021]; `log_likelihood` is that gradient.
Score guide_by_classifier(Score score, Score log_likelihood, const ForwardSde& sde, const Guidance& guidance);

/// ∇ₓ log softmax(logits(x, t))[label of each row]: the gradient that a noise-aware classifier gives.  `logits` maps x
/// [B, …] to [B, classes], in ops; labels of fewer samples are repeated.
Score label_gradient(std::function<Tensor(const Tensor& x, double t)> logits, std::vector<std::int64_t> labels);

/// Dynamic thresholding [saharia2022]: the denoised sample is clamped to ±s and divided by s/bound, s the quantile
/// `share` (core/base/quantile.h) of its absolute values, where that exceeds `bound`.
Score threshold(Score score, const ForwardSde& sde, double share, double bound = 1);

/// The score whose denoised samples are change(D, x, t), D = (x + σ² s)/α.
Score with_denoised(Score score, const ForwardSde& sde,
                    std::function<Tensor(const Tensor& denoised, const Tensor& x, double t)> change);

}  // namespace fokker
