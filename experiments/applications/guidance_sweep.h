#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/applications/application.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

/// A table [[guidance_sweep]]: the same samples at several strengths of guidance.
struct GuidanceSweepConfig : GenerateConfig {
  std::vector<double> strengths = {0, 0.5, 1, 1.5, 2, 3, 5};

  void validate() const;
  /// Throws ConfigError for data that are too few to compare with, and as GenerateConfig.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      GenerateConfig::fields, std::tuple{field("strengths", &GuidanceSweepConfig::strengths,
                                               "strengths of guidance, in place of guidance.strength", nonempty())});
};

/// Figures at each strength: precision and recall, and for labelled data the Fréchet distance and label_accuracy.  All
/// compare with held-out data as in [evaluate].  Arrays: strength, precision, recall, and the samples of each strength.
/// There is a chart of precision against recall, and a picture with a row for each strength.
Findings guidance_sweep(const TrainedRun& run, const GuidanceSweepConfig& config, const ApplicationInput& input,
                        const RunOptions& options);

}  // namespace fokker
