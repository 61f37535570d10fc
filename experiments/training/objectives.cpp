#include "fokker/experiments/training/objectives.h"

#include <fmt/ranges.h>

#include "fokker/core/base/registry.h"
#include "fokker/score/objectives/adversarial.h"
#include "fokker/score/objectives/classification.h"
#include "fokker/score/objectives/denoising.h"
#include "fokker/score/objectives/learned_variance.h"
#include "fokker/score/objectives/regression.h"
#include "fokker/score/objectives/score_matching.h"
#include "fokker/score/objectives/vdm.h"

namespace fokker {
namespace {

Parameterization parameterization(const TrainConfig& config) {
  Parameterization p = prediction(config.prediction);
  p.data_sigma = config.data_sigma;
  p.time_label = time_label(config.time_label);
  p.scale_input = config.scale_input;
  return p;
}

TimeSamplingConfig times(const TrainConfig& config, const ForwardSde& sde) {
  return {.kind = config.time_sampling,
          .t_min = sde.t_min(),
          .levels = config.levels,
          .mean = config.log_normal[0],
          .deviation = config.log_normal[1]};
}

std::shared_ptr<Objective> make_dsm(const TrainConfig& config, const ForwardSde& sde, const ObjectiveContext&) {
  return std::make_shared<DenoisingScoreMatching>(sde, DenoisingConfig{.parameterization = parameterization(config),
                                                                       .weighting = config.weighting,
                                                                       .times = times(config, sde),
                                                                       .uncertainty = config.uncertainty,
                                                                       .coupling = config.coupling});
}

template <const char* trace>
std::shared_ptr<Objective> make_score_matching(const TrainConfig& config, const ForwardSde& sde,
                                               const ObjectiveContext&) {
  return std::make_shared<ScoreMatching>(sde, ScoreMatchingConfig{.parameterization = parameterization(config),
                                                                  .weighting = config.weighting,
                                                                  .times = times(config, sde),
                                                                  .trace = trace});
}

constexpr char exact[] = "exact", sliced[] = "sliced", sliced_vr[] = "sliced_vr";

std::shared_ptr<Objective> make_learned_variance(const TrainConfig& config, const ForwardSde& sde,
                                                 const ObjectiveContext& context) {
  return std::make_shared<LearnedVariance>(sde, LearnedVarianceConfig{.objective = config.objective,
                                                                      .parameterization = parameterization(config),
                                                                      .times = times(config, sde),
                                                                      .grey = context.grey});
}

std::shared_ptr<Objective> make_vdm(const TrainConfig& config, const ForwardSde& sde, const ObjectiveContext& context) {
  require<ConfigError>(
      config.prediction == "epsilon" && config.time_label == "index",
      "[train] the objective \"vdm\" expects prediction = \"epsilon\" and time_label = \"index\", got {} "
      "and {}",
      config.prediction, config.time_label);
  return std::make_shared<VariationalDiffusion>(sde, VdmConfig{.noise_schedule = config.noise_schedule,
                                                               .levels = config.levels,
                                                               .time_sampling = config.time_sampling,
                                                               .grey = context.grey,
                                                               .data_sigma = config.data_sigma,
                                                               .scale_input = config.scale_input});
}

std::shared_ptr<Objective> make_classifier(const TrainConfig& config, const ForwardSde& sde, const ObjectiveContext&) {
  return std::make_shared<NoisyClassification>(sde, times(config, sde));
}

std::shared_ptr<Objective> make_regression(const TrainConfig&, const ForwardSde& sde, const ObjectiveContext&) {
  return std::make_shared<Regression>(sde);
}

std::shared_ptr<Objective> make_adversarial(const TrainConfig& config, const ForwardSde& sde,
                                            const ObjectiveContext& context) {
  require<ConfigError>(config.prediction == "x0" && config.time_label == "index",
                       "[train] a generator makes data at every time: the objective \"{}\" expects prediction = \"x0\" "
                       "and time_label = \"index\", got {} and {}",
                       config.objective, config.prediction, config.time_label);
  require<ConfigError>(context.sample.rank() == 1 || context.sample.rank() == 3,
                       "[train] the objective \"{}\" takes points or images, got samples {}", config.objective,
                       context.sample);
  return std::make_shared<Adversarial>(sde, generator_levels(config), config.adversarial, context.sample,
                                       Rng(context.seed, Stream::initialisation).fork(0x64));
}

constexpr ObjectiveEntry entries[] = {
    {"dsm", "denoising score matching, flow matching with prediction = \"velocity\": prediction, weighting, …", true,
     make_dsm},
    {"ism", "implicit score matching with the exact trace of the score's Jacobian, for few dimensions", true,
     make_score_matching<exact>},
    {"ssm", "sliced score matching: the trace and the norm along one random direction", true,
     make_score_matching<sliced>},
    {"ssm_vr", "sliced score matching of less variance: the trace along one random direction, the exact norm", true,
     make_score_matching<sliced_vr>},
    {"hybrid", "improved DDPM, with variances learned by 0.001 of the bound: levels, prediction, time_sampling, …",
     true, make_learned_variance, 2},
    {"vlb", "improved DDPM on the variational bound, with times drawn by their share: levels, prediction, …", true,
     make_learned_variance, 2},
    {"vdm", "variational bound with a learned noise schedule: noise_schedule, levels, time_sampling, …", true,
     make_vdm},
    {"gan", "a generator of one evaluation against a discriminator: adversarial, with prediction = \"x0\"", true,
     make_adversarial, 1, true},
    {"ddgan",
     "denoising-diffusion GAN, a generator of a few evaluations: levels, adversarial, with prediction = \"x0\"", true,
     make_adversarial, 1, true},
    {"classifier",
     "cross entropy of labels of noisy data, for guidance.classifier of another run: network.kind = \"classifier\"",
     false, make_classifier},
    {"regression", "mean square error against the targets of the data", false, make_regression},
};
constexpr Registry table("[train] objective:", entries);

}  // namespace

std::int64_t generator_levels(const TrainConfig& config) {
  const bool gan = config.objective == "gan";
  require<ConfigError>(gan ? config.levels == 0 : config.levels > 0,
                       "[train] a \"gan\" has no levels, a \"ddgan\" has some, as levels = 4; got {} of the objective "
                       "\"{}\"",
                       config.levels, config.objective);
  return config.levels;
}

std::int64_t latent_channels(const TrainConfig& config) {
  return config.objective == "ddgan" ? config.adversarial.latent : 0;
}

std::span<const ObjectiveEntry> objective_entries() { return entries; }

std::vector<std::string> objective_names() { return table.names(); }

const ObjectiveEntry& objective_entry(const std::string& name) { return table.at(name); }

std::shared_ptr<Objective> make_objective(const TrainConfig& config, const ForwardSde& sde,
                                          const ObjectiveContext& context) {
  return objective_entry(config.objective).make(config, sde, context);
}

}  // namespace fokker
