#include "fokker/experiments/generate.h"

#include <cmath>

#include "fokker/experiments/trained_run.h"
#include "fokker/score/condition.h"
#include "fokker/score/guidance.h"

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

Score weaker_score(const System& system, const GenerateConfig& config) {
  const TrainedRun weak = load_run(config.guidance.weak);
  require<ConfigError>(same_noise(*weak.model.sde, *system.sde()),
                       "[guidance.weak] {}: expected a run of the same SDE, {}, got {}", config.guidance.weak,
                       system.sde()->name(), weak.model.sde->name());
  return weak.model.system.score(config.condition());
}

}  // namespace

void GenerateConfig::validate() const {
  SampleConfig::validate();
  require<ConfigError>(guidance.strength == 1 || conditional() || !guidance.weak.empty(),
                       "[guidance] strength {} needs something to guide towards: labels, or guidance.weak",
                       guidance.strength);
}

Score guided_score(const System& system, const GenerateConfig& config) {
  config.validate();
  require_labels(*system.network, config.labels, "labels");
  Score score = system.score(config.condition());
  const auto sde = system.sde();
  if (config.guidance.strength != 1) {
    Score other = config.guidance.weak.empty() ? system.score() : weaker_score(system, config);
    score = guide(std::move(score), std::move(other), *sde, guidance_of(config.guidance));
  }
  return config.guidance.threshold > 0 ? threshold(std::move(score), *sde, config.guidance.threshold) : score;
}

}  // namespace fokker
