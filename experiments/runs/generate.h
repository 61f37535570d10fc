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
      field("strength", &GuidanceConfig::strength, "w of s = s_other + w (s_condition - s_other); 1: no guidance"),
      field("interval", &GuidanceConfig::interval, "noise sigma/alpha at which it acts"),
      field("rescale", &GuidanceConfig::rescale, "share of the result that gets the unguided deviation back",
            between(0, 1)),
      field("threshold", &GuidanceConfig::threshold,
            "dynamic thresholding by this quantile of the denoised values, for data in [-1, 1]; 0: none",
            between(0, 1)),
      field("weak", &GuidanceConfig::weak,
            "autoguidance: the folder of a run with a weaker network, in place of the unconditional score"),
      field("classifier", &GuidanceConfig::classifier,
            "folder of a run of train.objective = \"classifier\": strength times the gradient of its log probability "
            "of the "
            "labels is added to the unconditional score")};
  friend bool operator==(const GuidanceConfig&, const GuidanceConfig&) = default;
};

/// A set of samples and what they are conditioned on: a table [[sample]] of an experiment.
struct GenerateConfig : SampleConfig {
  std::vector<std::int64_t> labels = {};
  std::vector<std::string> prompts = {};
  std::string negative = {};
  GuidanceConfig guidance = {};
  RefineConfig refine = {};

  bool conditional() const { return !labels.empty() || !prompts.empty(); }
  /// What sample i is conditioned on: row i, from the first again behind the last.
  Condition condition(const Tokenizer& tokenizer) const;
  /// Throws ConfigError for settings that the sampler would ignore.
  void validate() const;
  /// Asks the score once; throws what it throws.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple_cat(
      SampleConfig::fields,
      std::tuple{field("labels", &GenerateConfig::labels, "classes of the samples, in turn; empty: any", at_least(0)),
                 field("prompts", &GenerateConfig::prompts, "captions of the samples, in turn; empty: any"),
                 field("negative", &GenerateConfig::negative, "caption that guidance leads away from; empty: none"),
                 field("guidance", &GenerateConfig::guidance, "towards the condition"),
                 field("refine", &GenerateConfig::refine, "by a discriminator of samples and training data")});
};

/// The score of the samples of a model, refined where `config` asks for it, which draws samples and trains a discriminator.
Score score_of(const Model& model, const GenerateConfig& config, const RunOptions& options);

/// The captions as numbers, one a sample.  Throws ConfigError for words that the tokenizer does not know.
Condition caption_condition(std::span<const std::string> captions, const Tokenizer& tokenizer);

/// The score of the samples that `config` asks for.  Throws ConfigError for labels and words that the network does not know, guidance
/// towards nothing, and a weaker network of other samples or another SDE.
Score guided_score(const System& system, const GenerateConfig& config);

/// Samples from a trained run, in the units of the data.
Samples sample(const Model& model, const GenerateConfig& config, const RunOptions& options = {});

}  // namespace fokker
