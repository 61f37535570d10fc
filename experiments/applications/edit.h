#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// A table [[edit]]: SDEdit [meng2022].  `n` inputs get noise, and the sampler goes on from the time of that noise,
/// under the labels and the guidance of the table.  A strength is the noise level σ/√(α² + σ²): the noise's share of
/// the deviation of a noised sample.  It does not depend on the diffusion or the sampler's grid.
struct EditConfig : GenerateConfig {
  std::vector<double> strengths = {0, 0.2, 0.4, 0.6, 0.8, 1};

  void validate() const;
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      GenerateConfig::fields,
      std::tuple{field("strengths", &EditConfig::strengths,
                       "noise levels sigma/sqrt(alpha^2 + sigma^2): 0 returns the input, 1 is independent of it",
                       nonempty(), between(0, 1))});
};

/// Arrays: input, edited [strength, N, …] and strength.  Figures: distance (root mean square) at each strength.  For
/// labelled data there is also class_kept at each strength, judged by a classifier trained on the run's training data.
Findings edit(const TrainedRun& run, const EditConfig& config, const ApplicationInput& input,
              const RunOptions& options);

}  // namespace fokker
