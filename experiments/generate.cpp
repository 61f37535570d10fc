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
  return weak.model.system.score(config.condition(weak.model.system.tokenizer));
}

/// What guidance leads away from.
Score other_score(const System& system, const GenerateConfig& config) {
  if (!config.guidance.weak.empty()) return weaker_score(system, config);
  return config.negative.empty() ? system.score()
                                 : system.score(caption_condition({&config.negative, 1}, system.tokenizer));
}

void require_captions(const Network& network, const GenerateConfig& config) {
  require<ConfigError>(network.caption_length() > 0 || (config.prompts.empty() && config.negative.empty()),
                       "[prompts] the network takes no captions; train one with network.text_width above 0");
}

}  // namespace

Condition caption_condition(std::span<const std::string> captions, const Tokenizer& tokenizer) {
  return {.tokens = tokenizer(captions), .length = tokenizer.length()};
}

Condition GenerateConfig::condition(const Tokenizer& tokenizer) const {
  Condition result = caption_condition(prompts, tokenizer);
  result.labels = labels;
  return result;
}

void GenerateConfig::validate() const {
  SampleConfig::validate();
  require<ConfigError>(guidance.strength == 1 || conditional() || !guidance.weak.empty(),
                       "[guidance] strength {} needs something to guide towards: labels, prompts, or guidance.weak",
                       guidance.strength);
  require<ConfigError>(negative.empty() || (guidance.strength != 1 && guidance.weak.empty()),
                       "[negative] a negative prompt acts through guidance: set guidance.strength above 1, and no "
                       "guidance.weak");
}

Score guided_score(const System& system, const GenerateConfig& config) {
  config.validate();
  require_labels(*system.network, config.labels, "labels");
  require_captions(*system.network, config);
  Score score = system.score(config.condition(system.tokenizer));
  const auto sde = system.sde();
  if (config.guidance.strength != 1) {
    score = guide(std::move(score), other_score(system, config), *sde, guidance_of(config.guidance));
  }
  return config.guidance.threshold > 0 ? threshold(std::move(score), *sde, config.guidance.threshold) : score;
}

}  // namespace fokker
