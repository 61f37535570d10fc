#include "fokker/experiments/runs/generate.h"

#include <cmath>

#include "fokker/experiments/runs/trained_run.h"
#include "fokker/score/guidance/condition.h"
#include "fokker/score/guidance/guidance.h"
#include "fokker/score/networks/noisy_classifier.h"
#include "fokker/score/objectives/classification.h"

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

/// Loads another run for the same samples and diffusion.
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
  return weak.score(config.condition(weak.tokenizer));
}

/// The captions as a condition, one for each sample.  Throws ConfigError for words that the tokenizer does not know.
Condition caption_condition(std::span<const std::string> captions, const Tokenizer& tokenizer) {
  return {.tokens = tokenizer(captions), .length = tokenizer.length()};
}

/// The score that guidance leads away from.
Score other_score(const System& system, const GenerateConfig& config) {
  if (!config.guidance.weak.empty()) return weaker_score(system, config);
  return config.negative.empty() ? system.score()
                                 : system.score(caption_condition({&config.negative, 1}, system.tokenizer));
}

Score classifier_gradient(const System& system, const GenerateConfig& config) {
  const System judge = helper(system, config.guidance.classifier, "classifier");
  require<ConfigError>(dynamic_cast<const NoisyClassifier*>(judge.network.get()) != nullptr,
                       "[guidance.classifier] {}: expected a run of train.objective = \"classifier\"",
                       config.guidance.classifier);
  require_labels(*judge.network, config.labels, "guidance.classifier");
  return label_gradient(noisy_logits(judge.network, *system.sde()), config.labels);
}

void require_captions(const Network& network, const GenerateConfig& config) {
  require<ConfigError>(network.caption_length() > 0 || (config.prompts.empty() && config.negative.empty()),
                       "[prompts] the network takes no captions; train one with network.text_width above 0");
}

}  // namespace

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
  require<ConfigError>(guidance.classifier.empty() || (!labels.empty() && guidance.weak.empty()),
                       "[guidance] a classifier needs labels, and leaves no place for guidance.weak");
  require<ConfigError>(
      refine.weight == 0 || !conditional(),
      "[refine] the discriminator compares samples with all training data: leave labels and prompts out");
}

void GenerateConfig::check(const Model& model) const {
  guided_score(model.system, *this)(Tensor::zeros(with_axis(model.sample_shape, 0, 1)), model.sde->t_max());
}

Score score_of(const Model& model, const GenerateConfig& config, const RunOptions& options) {
  Score score = guided_score(model.system, config);
  if (config.refine.weight == 0) return score;
  SampleConfig draws = config;
  draws.n = config.refine.samples;
  draws.seed = Rng(config.seed).fork(1).seed();
  SampleOptions how{.shape = model.sample_shape};
  how.progress = options.watching("samples to refine " + config.title());
  const Tensor generated = sample(score, *model.sde, draws, how).values;
  return refine(score, train_log_ratio(model.data().training, generated, *model.sde, config.refine),
                config.refine.weight);
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
    require_captions(*system.network, config);
    score = system.score(config.condition(system.tokenizer));
    if (guidance.strength != 1)
      score = guide(std::move(score), other_score(system, config), *sde, guidance_of(guidance));
  }
  return guidance.threshold > 0 ? threshold(std::move(score), *sde, guidance.threshold) : score;
}

Samples sample(const Model& model, const GenerateConfig& config, const RunOptions& options, int frames) {
  SampleOptions sampling{.shape = model.sample_shape, .trajectory = frames};
  sampling.progress = options.watching("sampling " + config.title());
  Samples samples = sample(score_of(model, config, options), *model.sde, config, sampling);
  samples.values = model.facts.scaling.invert(samples.values);
  if (samples.trajectory.defined()) samples.trajectory = model.facts.scaling.invert(samples.trajectory);
  return samples;
}

}  // namespace fokker
