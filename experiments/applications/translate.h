#pragma once

#include <string>

#include "fokker/core/config/config_fields.h"
#include "fokker/experiments/applications/application.h"
#include "fokker/solvers/ode/flow.h"

namespace fokker {

/// A table [[translate]]: the bridge between two domains [su2023].  Inputs of the label `from` are encoded by the
/// probability-flow ODE under that label.  The latents are decoded under the label `to`.
struct TranslateConfig {
  std::string name = {};
  std::int64_t from = 0, to = 1;
  std::string decoder = {};
  std::int64_t n = 0;
  FlowConfig flow = {.method = "dopri5", .tolerance = 1e-3, .clock = "log_snr"};

  /// Throws ConfigError for a label that the model does not know.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple{
      field("name", &TranslateConfig::name, "name of the findings; empty: translate"),
      field("from", &TranslateConfig::from, "label of the inputs", at_least(0)),
      field("to", &TranslateConfig::to, "label of the results", at_least(0)),
      field("decoder", &TranslateConfig::decoder, "folder of another run that decodes; empty: the run itself"),
      field("n", &TranslateConfig::n, "number of inputs, the first ones of the label; 0: all", at_least(0)),
      field("flow", &TranslateConfig::flow, "settings of the ODE")};
};

/// Figures: distance_round_trip, the root mean square distance between the inputs and the inputs encoded and decoded
/// under their own label.  Data whose rows come in pairs (`Dataset::pairs`) also have root mean square distances to the
/// paired truth: distance_translated of results and distance_copy of the inputs themselves.  `nearer` is the share of
/// results that beat their input.  Arrays: input, latent, translated, truth.  Throws ConfigError for labels that a run
/// does not know, or no input of the label.
Findings translate(const TrainedRun& run, const TranslateConfig& config, const ApplicationInput& input,
                   const RunOptions& options);

}  // namespace fokker
