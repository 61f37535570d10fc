#include "fokker/experiments/objectives.h"

#include <fmt/ranges.h>

#include "fokker/score/denoising.h"
#include "fokker/score/regression.h"

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

std::shared_ptr<Objective> make_regression(const TrainConfig&, const ForwardSde& sde, const ObjectiveContext&) {
  return std::make_shared<Regression>(sde);
}

constexpr ObjectiveEntry entries[] = {
    {"dsm", "denoising score matching, flow matching with prediction = \"velocity\": prediction, weighting, …", true,
     make_dsm},
    {"regression", "mean square error against the targets of the data", false, make_regression},
};

}  // namespace

std::span<const ObjectiveEntry> objective_entries() { return entries; }

std::vector<std::string> objective_names() {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

const ObjectiveEntry& objective_entry(const std::string& name) {
  for (const auto& entry : entries)
    if (name == entry.name) return entry;
  throw ConfigError(
      fmt::format("[train] expected objective to be one of {}, got {}", fmt::join(objective_names(), ", "), name));
}

std::shared_ptr<Objective> make_objective(const TrainConfig& config, const ForwardSde& sde,
                                          const ObjectiveContext& context) {
  return objective_entry(config.objective).make(config, sde, context);
}

}  // namespace fokker
