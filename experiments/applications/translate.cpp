#include "fokker/experiments/applications/translate.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/application_data.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/score/guidance/condition.h"
#include "fokker/solvers/ode/latent.h"

namespace fokker {
namespace {

/// Inputs in the units of the data and, where the data have pairs, the same things under the other label.
struct Paired {
  Tensor x, truth = {};
};

Paired held_out_pairs(const TrainedRun& run, const TranslateConfig& config) {
  const Dataset data = in_data_units(run.model.data().held_out, run.model.data());
  std::vector<std::int64_t> inputs, truths;
  for (std::int64_t row = 0; row < std::ssize(data.labels); ++row) {
    if (data.labels[static_cast<std::size_t>(row)] != config.from) continue;
    if (config.n > 0 && std::ssize(inputs) == config.n) break;
    inputs.push_back(row);
    for (std::int64_t other = 0; other < std::ssize(data.pairs); ++other)
      if (data.pairs[static_cast<std::size_t>(other)] == data.pairs[static_cast<std::size_t>(row)] &&
          data.labels[static_cast<std::size_t>(other)] == config.to)
        truths.push_back(other);
  }
  require<ConfigError>(!inputs.empty(), "[translate] the run held out no samples of the label {}", config.from);
  const bool paired = truths.size() == inputs.size();
  return {gather(data.x, inputs), paired ? gather(data.x, truths) : Tensor{}};
}

Score under(const TrainedRun& run, std::int64_t label, const char* key) {
  require_labels(*run.model.system.network, {label}, key);
  return run.model.system.score({.labels = {label}});
}

/// The run that decodes.
TrainedRun decoder_of(const TranslateConfig& config, const Model& model) {
  TrainedRun run = load_run(config.decoder);
  require<ConfigError>(run.model.sample_shape == model.sample_shape,
                       "[translate.decoder] {}: expected a run on samples {}, got {}", config.decoder,
                       model.sample_shape, run.model.sample_shape);
  require_labels(*run.model.system.network, {config.to}, "translate.to");
  return run;
}

void compare(Findings& findings, const Tensor& x, const Tensor& translated, const Tensor& truth) {
  const auto of_result = row_distances(translated, truth), of_copy = row_distances(x, truth);
  std::int64_t nearer = 0;
  for (std::size_t i = 0; i < of_copy.size(); ++i) nearer += of_result[i] < of_copy[i];
  findings.figures.push_back(mean_figure("distance_translated", of_result, positive_range));
  findings.figures.push_back(mean_figure("distance_copy", of_copy, positive_range));
  findings.figures.push_back(share_figure("nearer", nearer, std::ssize(of_copy)));
  findings.arrays.emplace_back("truth", truth);
}

}  // namespace

void TranslateConfig::check(const Model& model) const {
  require_labels(*model.system.network, {from}, "translate.from");
  if (decoder.empty()) require_labels(*model.system.network, {to}, "translate.to");
  if (!decoder.empty()) decoder_of(*this, model);
  const auto& labels = model.data().held_out.labels;
  require<ConfigError>(std::ranges::find(labels, from) != labels.end(),
                       "[translate] the run held out no samples of the label {}", from);
  const Score silent = [](const Tensor& x, double) { return Tensor::zeros(x.shape(), x.dtype()); };
  const detail::ProbabilityFlow flow_that_fits(*model.sde, silent, flow);
}

Findings translate(const TrainedRun& run, const TranslateConfig& config, const ApplicationInput& input,
                   const RunOptions& options) {
  const Score from = under(run, config.from, "translate.from");
  std::optional<TrainedRun> other;
  if (!config.decoder.empty()) other = decoder_of(config, run.model);
  const TrainedRun& decoder = other ? *other : run;
  const Score to = under(decoder, config.to, "translate.to");
  const Paired pair =
      input.x.defined() ? Paired{.x = application_data(run, input, config.n).x} : held_out_pairs(run, config);
  const Scaling &in = run.model.facts.scaling, &out = decoder.model.facts.scaling;
  FlowOptions how;
  how.progress = options.watching("translating");
  const Tensor latent = encode(from, *run.model.sde, in.apply(pair.x), config.flow, how).x;
  const Tensor back = in.invert(decode(from, *run.model.sde, latent, config.flow, how).x);
  const Tensor translated = out.invert(decode(to, *decoder.model.sde, latent, config.flow, how).x);
  Findings findings{.figures = {mean_figure("distance_round_trip", row_distances(back, pair.x), positive_range)},
                    .arrays = {{"input", pair.x}, {"latent", latent}, {"translated", translated}}};
  std::vector<Tensor> columns{pair.x, translated};
  if (pair.truth.defined()) {
    compare(findings, pair.x, translated, pair.truth);
    columns.push_back(pair.truth);
  }
  add_rows(findings, "rows", columns, look_of(run.model.facts));
  return findings;
}

}  // namespace fokker
