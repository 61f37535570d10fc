#include "fokker/experiments/applications/edit.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/application_data.h"
#include "fokker/experiments/applications/judges.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/share_chart.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {
namespace {

/// The time at which σ/√(α² + σ²) is `strength`; t_max where it never is.
double time_of_strength(const ForwardSde& sde, double strength) {
  return strength < 1 ? sde.time_of_lambda(0.5 * std::log1p(-strength * strength) - std::log(strength)) : sde.t_max();
}

/// What edits images.
struct Editor {
  const Score& score;
  const Model& model;
  const EditConfig& config;
  const RunOptions& options;

  Tensor operator()(const Tensor& x, double strength) const;
};

/// Samples that start from `x`, in the units of the network, with the noise of the strength.  The sampler starts at the
/// time of that noise and goes on at the points of the grid after it.
Tensor Editor::operator()(const Tensor& x, double strength) const {
  const ForwardSde& sde = *model.sde;
  const std::vector<double> grid = sampling_times(config, sde);
  const double begin = time_of_strength(sde, strength);
  if (strength == 0 || begin <= grid.back()) return x;
  SampleConfig sampling = config;
  sampling.n = x.extent(0);
  SampleOptions how{.shape = model.sample_shape};
  how.progress = options.watching(fmt::format("{} at strength {:g}", config.title(), strength));
  if (begin < grid.front()) {
    const auto behind = [&](double t) { return t < begin * (1 - 1e-6); };  // no step of rounding's size
    sampling.times.assign(1, begin);
    std::ranges::copy_if(grid, std::back_inserter(sampling.times), behind);
    sampling.steps = std::ssize(sampling.times) - 1;
    sampling.grid.reset();  // the times are given
    sampling.t_min = 0;
    const Marginal at = sde.marginal(begin);
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

void EditConfig::check(const Model& model) const {
  GenerateConfig::check(model);
  require_held_out(model);
}

Findings edit(const TrainedRun& run, const EditConfig& config, const ApplicationInput& input,
              const RunOptions& options) {
  config.validate();
  const ApplicationData data = application_data(run, input, config.n);
  const Scaling& scaling = run.model.facts.scaling;
  const FeatureClassifier* judge = run.model.facts.classes >= 2 ? &input.judges->classifier(run) : nullptr;
  const std::vector<std::int64_t> labels = !judge                ? std::vector<std::int64_t>{}
                                           : data.labels.empty() ? judge->classify(data.x)
                                                                 : data.labels;
  const Score score = score_of(run.model, config, options);
  const Editor edited{score, run.model, config, options};
  Findings findings;
  std::vector<double> agreement;
  std::vector<Tensor> columns{data.x}, results;
  for (const double strength : config.strengths) {
    const Tensor result = scaling.invert(edited(data.prepared, strength));
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
  add_rows(findings, "strengths", columns, look_of(run.model.facts));
  return findings;
}

}  // namespace fokker
