#include "fokker/experiments/edit.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/application_data.h"
#include "fokker/experiments/findings.h"
#include "fokker/experiments/judges.h"
#include "fokker/experiments/share_chart.h"

namespace fokker {
namespace {

/// Samples that set out from `x`, in the units of the network, with the noise of the strength.
Tensor edited(const Score& score, const Model& model, const EditConfig& config, const Tensor& x, double strength,
              const RunOptions& options) {
  const ForwardSde& sde = *model.sde;
  const std::vector<double> grid = sampling_times(config, sde);
  const auto steps = std::ssize(grid) - 1, kept = std::lround(strength * static_cast<double>(steps));
  if (kept == 0) return x;
  SampleConfig sampling = config;
  sampling.n = x.extent(0);
  SampleOptions how{.shape = model.sample_shape};
  how.progress = options.watching(fmt::format("{} at strength {:g}", config.title(), strength));
  if (kept < steps) {
    sampling.times.assign(grid.end() - kept - 1, grid.end());
    sampling.steps = kept;
    sampling.grid.reset();  // the times are given
    sampling.t_min = 0;
    const Marginal at = sde.marginal(sampling.times.front());
    const Tensor noise = sde.prior(x.shape(), Rng(config.seed));
    how.initial = weighted_sum({{at.alpha, x}, {at.sigma / sde.prior_sigma(), noise}});
  }
  return sample(score, sde, sampling, how).values;
}

}  // namespace

void EditConfig::validate() const {
  GenerateConfig::validate();
  require<ConfigError>(solver != "probability_flow" && solver != "gotta_go_fast",
                       "[edit] {} chooses its own steps; take a solver with a grid", solver);
}

Findings edit(const TrainedRun& run, const EditConfig& config, const ApplicationInput& input,
              const RunOptions& options) {
  config.validate();
  const ApplicationData data = application_data(run, input, config.n);
  const Scaling& scaling = run.model.data.scaling;
  const FeatureClassifier* judge = run.model.data.training.classes() >= 2 ? &run.judges->classifier(run) : nullptr;
  const std::vector<std::int64_t> labels = !judge                ? std::vector<std::int64_t>{}
                                           : data.labels.empty() ? judge->classify(data.x)
                                                                 : data.labels;
  const Score score = score_of(run.model, config, options);
  Findings findings;
  std::vector<double> agreement;
  std::vector<Tensor> columns{data.x}, results;
  for (const double strength : config.strengths) {
    const Tensor result = scaling.invert(edited(score, run.model, config, data.prepared, strength, options));
    columns.push_back(strength == 0 ? data.x : result);
    results.push_back(reshape(columns.back(), with_axis(data.x.shape(), 0, 1)));
    findings.figures.push_back(
        mean_figure(fmt::format("distance_{:g}", strength), row_distances(columns.back(), data.x), positive_range));
    if (!judge) continue;
    std::int64_t kept = 0;
    const auto named = judge->classify(columns.back());
    for (std::size_t i = 0; i < named.size(); ++i) kept += named[i] == labels[i];
    findings.figures.push_back(share_figure(fmt::format("class_kept_{:g}", strength), kept, data.size()));
    agreement.push_back(findings.figures.back().value);
  }
  findings.arrays = {{"input", data.x},
                     {"edited", concat(results, 0)},
                     {"strength", Tensor::from(config.strengths, {std::ssize(config.strengths)}, Dtype::f64)}};
  if (judge)
    findings.charts.push_back(
        {"class-kept",
         share_chart({.x_name = "strength", .y_name = "class kept", .x = config.strengths, .y = agreement})});
  add_rows(findings, "strengths", columns, look_of(run.model.data));
  return findings;
}

}  // namespace fokker
