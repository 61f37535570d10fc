#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/runs/model.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/training/refine.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

/// How samples are pulled towards their condition.
struct GuidanceConfig {
  double strength = 1;
  std::array<double, 2> interval = {0, 1e9};
  double rescale = 0;
  double threshold = 0;
  std::string weak = {};
  std::string classifier = {};

  static constexpr auto fields = std::tuple{
      field("strength", &GuidanceConfig::strength,
            "strength w of guidance, s = s_other + w (s_condition - s_other); 1: no guidance"),
      field("interval", &GuidanceConfig::interval, "noise levels sigma/alpha at which guidance acts"),
      field("rescale", &GuidanceConfig::rescale, "share of the result that gets the unguided deviation back",
            between(0, 1)),
      field("threshold", &GuidanceConfig::threshold,
            "quantile of the denoised values for dynamic thresholding, for data in [-1, 1]; 0: no thresholding",
            between(0, 1)),
      field("weak", &GuidanceConfig::weak,
            "folder of a run with a weaker network, for autoguidance in place of the unconditional score"),
      field("classifier", &GuidanceConfig::classifier,
            "folder of a run of train.objective = \"classifier\"; strength times the gradient of its log probability "
            "of the labels is added to the unconditional score")};
  friend bool operator==(const GuidanceConfig&, const GuidanceConfig&) = default;
};

/// A table [[sample]] of an experiment: a set of samples and their condition.
struct GenerateConfig : SampleConfig {
  std::vector<std::int64_t> labels = {};
  std::vector<std::string> prompts = {};
  std::string negative = {};
  GuidanceConfig guidance = {};
  RefineConfig refine = {};

  bool conditional() const { return !labels.empty() || !prompts.empty(); }
  /// The condition of the samples.  Sample i is under row i, and the rows repeat from the first after the last.
  Condition condition(const Tokenizer& tokenizer) const;
  /// Throws ConfigError for settings that the sampler would ignore.
  void validate() const;
  /// Asks the score once.  Throws what the score throws.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      SampleConfig::fields,
      std::tuple{
          field("labels", &GenerateConfig::labels, "classes of the samples, in turn; empty: any class", at_least(0)),
          field("prompts", &GenerateConfig::prompts, "captions of the samples, in turn; empty: any caption"),
          field("negative", &GenerateConfig::negative, "caption that guidance leads away from; empty: none"),
          field("guidance", &GenerateConfig::guidance, "guidance of the samples towards their condition"),
          field("refine", &GenerateConfig::refine,
                "correction of the score by a discriminator of samples and training data")});
};

/// The score of the samples of a model.  Where `config` asks for refinement, it draws samples and trains a
/// discriminator.
Score score_of(const Model& model, const GenerateConfig& config, const RunOptions& options);

/// The score of the samples that `config` asks for.  Throws ConfigError for labels and words that the network does not
/// know, and for guidance towards nothing.  Throws ConfigError for a weaker network of other samples or another SDE.
Score guided_score(const System& system, const GenerateConfig& config);

/// The number of states of a trajectory that a run keeps.
inline constexpr int trajectory_frames = 10;
/// Samples from a trained run, in the units of the data.
Samples sample(const Model& model, const GenerateConfig& config, const RunOptions& options = {},
               int frames = trajectory_frames);

}  // namespace fokker
