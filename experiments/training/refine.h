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
  std::uint64_t seed = 0;  // seed of its weights, times and noise; not a key

  static constexpr auto fields = std::tuple{
      field("weight", &RefineConfig::weight,
            "weight of the discriminator's gradient in the score; 0: none, 1: Bayes' rule", at_least(0)),
      field("samples", &RefineConfig::samples, "number of samples drawn to train the discriminator on", at_least(2)),
      field("steps", &RefineConfig::steps, "number of training steps of the discriminator", at_least(1)),
      field("batch", &RefineConfig::batch, "number of real samples in a step; there are as many generated ones",
            at_least(1)),
      field("learning_rate", &RefineConfig::learning_rate, "learning rate of Adam, which falls to 0 along a cosine",
            above(0)),
      field("discriminator", &RefineConfig::discriminator,
            "sizes of the discriminator; points: widths of the hidden layers, by default [128, 128, 128]; images: "
            "channels of the levels, by default [32, 64]",
            at_least(1))};
};

/// The log ratio log p_t/q_t between the laws of `real` and `generated` [N, …] under `sde` [kim2023], for use by
/// `refine`.  It is the logit of a discriminator, trained by the logistic loss on both sets.  The samples are diffused
/// to times whose labels are uniform.
LogRatio train_log_ratio(const Dataset& real, const Tensor& generated, const ForwardSde& sde,
                         const RefineConfig& config = {});

}  // namespace fokker
