#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/runs/generate.h"

namespace fokker {

struct Model;

/// Which samples are synthesised, and how they are judged.
struct SynthesisConfig {
  std::int64_t n = 100;
  bool balance = false;
  std::int64_t seeds = 5;

  static constexpr auto fields = std::tuple{
      field("n", &SynthesisConfig::n, "number of samples of each class; with balance it does not count", at_least(1)),
      field("balance", &SynthesisConfig::balance, "gives each class the samples that it lacks of the largest"),
      field("seeds", &SynthesisConfig::seeds, "number of classifiers that each figure of use is a mean over",
            at_least(1))};
};

/// The table [[synthesise]]: which samples, and how they are drawn.  `n` and `labels` of the sampler follow from it.
struct SynthesiseConfig : SynthesisConfig {
  std::string name = {};
  SampleConfig sampler = {.solver = "ancestral", .steps = 50, .grid = "log_snr"};
  GuidanceConfig guidance = {};

  /// Throws ConfigError for a network without labels, and where nothing is lacking.
  void check(const Model& model) const;

  static constexpr auto fields =
      std::tuple_cat(SynthesisConfig::fields,
                     std::tuple{field("name", &SynthesiseConfig::name, "name of the findings; empty: synthesise"),
                                field("sampler", &SynthesiseConfig::sampler, "settings of the sampler"),
                                field("guidance", &SynthesiseConfig::guidance, "guidance towards the labels")});
};

/// Draws samples [n, …] of these classes, in the units of the network.
using DrawLabelled = std::function<Tensor(const std::vector<std::int64_t>& labels)>;

/// The labels to synthesise for training data with the labels `real`, in rising order: n of each class that there is,
/// or what each lacks of the largest.  Throws ConfigError for data without labels, and where nothing is lacking.
std::vector<std::int64_t> synthesis_labels(const std::vector<std::int64_t>& real, const SynthesisConfig& config);

/// Measures the use of synthetic samples [esteban2017].  Classifiers are trained on synthetic samples, or with balance
/// on real and synthetic ones together, and others on real samples.  All are judged on real held-out samples.  Figures:
///   accuracy_real, accuracy_synthetic and their ratio of each seed;
///   with balance accuracy_balanced, and recall_real, recall_balanced and recall_gain of the rarest class.
Findings usefulness(const Dataset& synthetic, const Prepared& real, const SynthesisConfig& config);

/// Measures how far synthetic samples are copies, by distances to the nearest training sample in the units of the
/// network:
///   nearest_ratio: their median over that of held-out data, 1 for new samples and towards 0 for copies;
///   closer: share of samples nearer than 95 % of the held-out data are, 0.05 for new samples;
///   closest_05 and closest_50, their quantiles, and those of held-out data;
///   adversarial_training, adversarial_held_out [yale2020]: ½ P(a real sample is nearer to a real one than to a
///     synthetic one) + ½ P(a synthetic one is nearer to a synthetic than to a real one); ½ where they cannot be told
///     apart;
///   privacy_loss: adversarial_held_out less adversarial_training.
Findings privacy(const Dataset& synthetic, const Prepared& real);

/// Draws samples and judges them by `usefulness` and `privacy`.  Arrays: x, in the units of the data, and label.
/// Images have a picture with a row for each class; a table is itself written as CSV with the columns of the data.
Findings synthesise(const DrawLabelled& draw, const Prepared& real, const SynthesisConfig& config);

}  // namespace fokker
