#include "fokker/experiments/applications/guidance_sweep.h"

#include <algorithm>

#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/share_chart.h"
#include "fokker/experiments/runs/results.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {
namespace {

constexpr std::int64_t shown = 20;

double named(const std::vector<MetricResult>& metrics, const char* name) {
  return std::ranges::find(metrics, name, &MetricResult::name)->value;
}

/// The samples at one strength, with their metrics.
SampleSet drawn(const TrainedRun& run, const GuidanceSweepConfig& config, double strength, const Evaluator& evaluator,
                const RunOptions& options) {
  SampleSet set{.config = config, .samples = {}, .metrics = {}};
  set.config.guidance.strength = strength;
  set.config.name = fmt::format("{} {:g}", config.name.empty() ? "guidance" : config.name, strength);
  set.samples = sample(run.model, set.config, options);
  set.metrics = measured(evaluator, set);
  return set;
}

/// A row of images for each strength.
Picture picture_of(const std::vector<Tensor>& rows, const ValueRange& range) {
  const auto columns = static_cast<int>(rows.front().extent(0));
  return {"strengths", concat(rows, 0), {.low = range.low, .high = range.high, .columns = columns, .separator = 2}};
}

}  // namespace

void GuidanceSweepConfig::validate() const {
  GenerateConfig::validate();
  require<ConfigError>(conditional() || !guidance.weak.empty(),
                       "[guidance_sweep] expected something to guide towards: labels, a prompt, or guidance.weak");
}

void GuidanceSweepConfig::check(const Model& model) const {
  GenerateConfig::check(model);
  const std::int64_t training = model.data().training.size(), held_out = model.data().held_out.size();
  require<ConfigError>(training >= 2 && held_out >= 2,
                       "[guidance_sweep] expected at least two training and two held-out samples, got {} and {}; raise "
                       "data.held_out or data.n",
                       training, held_out);
}

Findings guidance_sweep(const TrainedRun& run, const GuidanceSweepConfig& config, const ApplicationInput& input,
                        const RunOptions& options) {
  require_no_input(input, "guidance_sweep");
  config.validate();
  const Prepared& data = run.model.data();
  MetricConfig metrics = run.config.evaluate;
  metrics.metrics = {"precision_recall", "frechet"};
  metrics.seed = run.config.seed;
  const Evaluator evaluator(data, metrics);
  Findings findings;
  std::vector<double> precision, recall;
  std::vector<std::string> labels;
  std::vector<Tensor> rows, all;
  for (const double strength : config.strengths) {
    const SampleSet set = drawn(run, config, strength, evaluator, options);
    for (const MetricResult& metric : set.metrics)
      findings.figures.push_back(
          {.name = fmt::format("{}_{:g}", metric.name, strength), .value = metric.value, .features = metric.features});
    precision.push_back(named(set.metrics, "precision"));
    recall.push_back(named(set.metrics, "recall"));
    labels.push_back(fmt::format("w = {:g}", strength));
    const Tensor& x = set.samples.values;
    rows.push_back(x.rows(0, std::min(x.extent(0), shown)));
    all.push_back(reshape(x, with_axis(x.shape(), 0, 1)));
  }
  const Shape points{std::ssize(precision)};
  findings.arrays = {{"strength", Tensor::from(config.strengths, points, Dtype::f64)},
                     {"precision", Tensor::from(precision, points, Dtype::f64)},
                     {"recall", Tensor::from(recall, points, Dtype::f64)},
                     {"samples", concat(all, 0)}};
  if (rows.front().rank() == 4) findings.pictures.push_back(picture_of(rows, data.range));
  findings.charts.push_back(
      {"precision-recall",
       share_chart({.x_name = "recall", .y_name = "precision", .x = recall, .y = precision, .labels = labels})});
  return findings;
}

}  // namespace fokker
