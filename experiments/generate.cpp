#include "fokker/experiments/generate.h"

#include <cmath>

#include "fokker/experiments/trained_run.h"
#include "fokker/score/condition.h"
#include "fokker/score/guidance.h"
#include "fokker/score/noisy_classifier.h"

namespace fokker {
namespace {

Guidance guidance_of(const GuidanceConfig& config) {
  return {.strength = config.strength, .interval = config.interval, .rescale = config.rescale};
}

bool same_noise(const ForwardSde& a, const ForwardSde& b) {
  for (const double share : {0.1, 0.5, 1.0}) {
    const Marginal m = a.marginal(share * a.t_max()), n = b.marginal(share * a.t_max());
    if (std::abs(m.alpha - n.alpha) > 1e-6 || std::abs(m.sigma - n.sigma) > 1e-6 * m.sigma) return false;
  }
  return a.t_max() == b.t_max();
}

/// Another run for the same samples and diffusion.
System helper(const System& system, const std::string& run, const char* key) {
  const TrainedRun other = load_run(run);
  require<ConfigError>(same_noise(*other.model.sde, *system.sde()),
                       "[guidance.{}] {}: expected a run of the same SDE, {}, got {}", key, run, system.sde()->name(),
                       other.model.sde->name());
  return other.model.system;
}

Score weaker_score(const System& system, const GenerateConfig& config) {
  const System weak = helper(system, config.guidance.weak, "weak");
  require_labels(*weak.network, config.labels, "guidance.weak");
  return weak.score(config.condition());
}

Score classifier_gradient(const System& system, const GenerateConfig& config) {
  const System judge = helper(system, config.guidance.classifier, "classifier");
  require<ConfigError>(dynamic_cast<const NoisyClassifier*>(judge.network.get()) != nullptr,
                       "[guidance.classifier] {}: expected a run of train.objective = \"classifier\"",
                       config.guidance.classifier);
  require_labels(*judge.network, config.labels, "guidance.classifier");
  return label_gradient(noisy_logits(judge.network, *system.sde()), config.labels);
}

}  // namespace

void GenerateConfig::validate() const {
  SampleConfig::validate();
  require<ConfigError>(guidance.strength == 1 || conditional() || !guidance.weak.empty(),
                       "[guidance] strength {} needs something to guide towards: labels, or guidance.weak",
                       guidance.strength);
  require<ConfigError>(guidance.classifier.empty() || (!labels.empty() && guidance.weak.empty()),
                       "[guidance] a classifier needs labels, and leaves no place for guidance.weak");
}

Score guided_score(const System& system, const GenerateConfig& config) {
  config.validate();
  const GuidanceConfig& guidance = config.guidance;
  const auto sde = system.sde();
  Score score;
  if (!guidance.classifier.empty()) {
    score = guide_by_classifier(system.score(), classifier_gradient(system, config), *sde, guidance_of(guidance));
  } else {
    require_labels(*system.network, config.labels, "labels");
    score = system.score(config.condition());
    if (guidance.strength != 1)
      score = guide(std::move(score), guidance.weak.empty() ? system.score() : weaker_score(system, config), *sde,
                    guidance_of(guidance));
  }
  return guidance.threshold > 0 ? threshold(std::move(score), *sde, guidance.threshold) : score;
}

}  // namespace fokker
