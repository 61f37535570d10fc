#pragma once

#include <string>
#include <tuple>

#include "fokker/core/config/config.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/score/guidance/refinement.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// The discriminator of discriminator guidance, and how it is trained.
struct RefineConfig {
  double weight = 0;
  std::int64_t samples = 4000;
  std::int64_t steps = 1000;
  std::int64_t batch = 256;
  double learning_rate = 1e-3;
  std::vector<std::int64_t> discriminator = {};
  std::uint64_t seed = 0;  // of its weights, times and noise; not a key

  static constexpr auto fields =
      std::tuple{field("weight", &RefineConfig::weight,
                       "of the discriminator's gradient in the score; 0: none, 1: Bayes' rule", at_least(0)),
                 field("samples", &RefineConfig::samples, "drawn to train it on", at_least(2)),
                 field("steps", &RefineConfig::steps, "training steps of the discriminator", at_least(1)),
                 field("batch", &RefineConfig::batch, "real and as many generated samples a step", at_least(1)),
                 field("learning_rate", &RefineConfig::learning_rate, "Adam's, falling to 0 along a cosine", above(0)),
                 field("discriminator", &RefineConfig::discriminator,
                       "points: widths of its hidden layers, [128, 128, 128]; images: channels of its levels, [32, 64]",
                       at_least(1))};
};

/// log p_t/q_t between the laws of `real` and `generated` [N, …] under `sde` [kim2023]: the logit of a discriminator that is
/// trained by the logistic loss on both, diffused to times whose labels are uniform.  Give it to `refine`.
LogRatio train_log_ratio(const Dataset& real, const Tensor& generated, const ForwardSde& sde,
                         const RefineConfig& config = {});

}  // namespace fokker
