#include "fokker/experiments/applications/detect.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/application_data.h"
#include "fokker/experiments/metrics/roc.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/share_chart.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/runs/trained_run.h"
#include "fokker/experiments/statistics/mahalanobis.h"

namespace fokker {
namespace {

constexpr std::int64_t reference_samples = 4096;
/// The number of samples that a covariance takes.
std::int64_t covariance_samples(const Tensor& x) { return 2 * (x.size() / x.extent(0)); }

/// The curve as an SVG file that stands alone.
std::string roc_svg(const RocCurve& curve, const Figure& area) {
  return share_chart({.x_name = "false alarms",
                      .y_name = "anomalies found",
                      .x = curve.false_alarms,
                      .y = curve.detected,
                      .note = fmt::format("area {:.3f} [{:.3f}, {:.3f}]", area.value, area.low, area.high),
                      .chance = true});
}

/// Samples of one kind, in the units of the network, with what was found of them.
struct Judged {
  Tensor x = {};
  std::vector<double> scores = {};
  Tensor map = {};
};

/// The combined scores of any samples under one run.
class Judge {
 public:
  Judge(const TrainedRun& run, const DetectConfig& config, const RunOptions& options)
      : model_{run.score, run.model.sde, options.watching("detect")}, config_(config) {
    if (!uses_levels()) return;
    const Tensor& training = run.model.data().training.x;
    const std::int64_t wanted = std::max(reference_samples, covariance_samples(training));
    const AnomalyScores normal = scores(training.rows(0, std::min(training.extent(0), wanted)));
    for (std::int64_t level = 0; normal.residuals.defined() && level < normal.residuals.extent(1); ++level)
      distances_.emplace_back(residual(normal, level));
    reference_ = terms(normal);
  }

  Judged operator()(const Tensor& x) const {
    if (!x.defined() || x.size() == 0) return {};
    const AnomalyScores found = scores(x);
    return {x, combined(terms(found), reference_), found.map};
  }

 private:
  bool uses_levels() const { return config_.method != "bound" && config_.method != "likelihood"; }
  AnomalyScores scores(const Tensor& x) const { return anomaly_scores(model_, x, config_); }
  static Tensor residual(const AnomalyScores& found, std::int64_t level) {
    const Tensor& all = found.residuals;
    return reshape(slice(all, 1, level, level + 1), {all.extent(0), all.extent(2)});
  }
  /// [N, levels]
  Tensor terms(const AnomalyScores& found) const {
    std::vector<Tensor> columns;
    for (std::size_t level = 0; level < distances_.size(); ++level)
      columns.push_back(reshape(distances_[level](residual(found, static_cast<std::int64_t>(level))),
                                {found.residuals.extent(0), 1}));
    return columns.empty() ? found.terms : concat(columns, 1);
  }

  NormalModel model_;
  const DetectConfig& config_;
  std::vector<Mahalanobis> distances_ = {};  // whitened: one for each level
  Tensor reference_ = {};
};

Tensor column(const std::vector<double>& values) { return Tensor::from(values, {std::ssize(values)}, Dtype::f64); }

std::int64_t count_above(const std::vector<double>& scores, double threshold) {
  return std::ranges::count_if(scores, [&](double score) { return score > threshold; });
}

Figure share_above(std::string name, const std::vector<double>& scores, double threshold) {
  return share_figure(std::move(name), count_above(scores, threshold), std::ssize(scores));
}

/// The threshold from every other score of normal data, and the rate of false alarms on the rest.
double set_threshold(const std::vector<double>& normal, double rate, Findings& found) {
  std::vector<double> calibration, rest;
  for (std::size_t i = 0; i < normal.size(); ++i) (i % 2 == 0 ? calibration : rest).push_back(normal[i]);
  const AlarmThreshold threshold = alarm_threshold(calibration, rate);
  found.figures.push_back({"threshold", threshold.value});
  found.figures.push_back({"false_alarm", threshold.rate, threshold.low, threshold.high});
  if (!rest.empty()) found.figures.push_back(share_above("false_alarm_measured", rest, threshold.value));
  return threshold.value;
}

/// The area for each excluded class, where there are several.
void add_classes(const Judged& normal, const Judged& anomalies, const std::vector<std::int64_t>& labels,
                 Findings& found) {
  std::vector<std::int64_t> classes = labels;
  std::ranges::sort(classes);
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (classes.size() < 2) return;
  for (const auto label : classes) {
    std::vector<double> own;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] == label) own.push_back(anomalies.scores[i]);
    found.figures.push_back(auroc(fmt::format("auroc_class_{}", label), normal.scores, own));
  }
}

void add_roc(const Judged& normal, const Judged& anomalies, double threshold, Findings& found) {
  const Figure area = auroc("auroc", normal.scores, anomalies.scores);
  found.figures.push_back(area);
  found.figures.push_back(share_above("detected", anomalies.scores, threshold));
  const RocCurve curve = roc_curve(normal.scores, anomalies.scores);
  found.arrays.emplace_back("roc/false_alarms", column(curve.false_alarms));
  found.arrays.emplace_back("roc/detected", column(curve.detected));
  found.charts.push_back({"roc", roc_svg(curve, area)});
}

// --- pictures -------------------------------------------------------------------------------------------------------

/// Grey or colour images in [low, high] as colours in [0, 1].
Tensor in_colour(const Tensor& images, const ValueRange& range) {
  const Tensor unit = clamp((images - range.low) * (1 / (range.high - range.low)), 0, 1);
  if (images.extent(3) == 3) return unit;
  return concat({unit, unit, unit}, 3);
}

/// Errors [N, H, W, C] as the colours of a glowing body, from black over red and yellow to white at `most`.
Tensor glowing(const Tensor& map, double most) {
  const std::int64_t channels = map.extent(3);
  Tensor total = slice(map, 3, 0, 1);
  for (std::int64_t c = 1; c < channels; ++c) total = total + slice(map, 3, c, c + 1);
  const Tensor heat = sqrt(clamp(total * (1 / (static_cast<double>(channels) * most)), 0, 1)) * 3;
  return concat({clamp(heat, 0, 1), clamp(heat - 1, 0, 1), clamp(heat - 2, 0, 1)}, 3);
}

/// Adds four rows: the most anomalous images, their error maps, the most normal images, their error maps.
void add_heat_maps(const Judged& normal, const Judged& others, const ValueRange& range, Findings& found) {
  constexpr std::int64_t most_columns = 8;
  if (!normal.map.defined() || !drawable(normal.x.shape())) return;
  const bool both = others.x.defined();
  const Tensor x = both ? concat({normal.x, others.x}, 0) : normal.x;
  const Tensor map = both ? concat({normal.map, others.map}, 0) : normal.map;
  std::vector<double> scores = normal.scores;
  scores.insert(scores.end(), others.scores.begin(), others.scores.end());
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return scores[a] > scores[b]; });
  const auto columns = std::min<std::int64_t>(most_columns, std::ssize(order));
  const std::vector<std::int64_t> high(order.begin(), order.begin() + columns),
      low(order.rbegin(), order.rbegin() + columns);
  const Tensor highest = gather(map, high);
  const auto values = std::as_const(highest).data<float>();
  const double most = std::max<double>(*std::ranges::max_element(values), 1e-12);
  const Tensor rows = concat({in_colour(gather(x, high), range), glowing(highest, most),
                              in_colour(gather(x, low), range), glowing(gather(map, low), most)},
                             0);
  found.pictures.push_back({"heat_maps", rows, {.columns = static_cast<int>(columns), .separator = 2}});
}

void add_arrays(const char* kind, const Judged& judged, Findings& found) {
  if (!judged.x.defined()) return;
  found.arrays.emplace_back(fmt::format("{}/score", kind), column(judged.scores));
  if (judged.map.defined()) found.arrays.emplace_back(fmt::format("{}/error_map", kind), judged.map);
}
}  // namespace

void DetectConfig::check(const Model& model) const {
  require<ConfigError>(model.data().held_out.size() > 0,
                       "[detect] the run holds no data out to set a threshold by: set data.held_out above 0 and train "
                       "again");
  const Tensor& training = model.data().training.x;
  const std::int64_t needed = covariance_samples(training);
  require<ConfigError>(
      method != "whitened" || training.extent(0) >= needed,
      "[detect.method] \"whitened\" estimates a covariance: expected at least {} training samples, two "
      "an element, got {}; use \"reconstruction\"",
      needed, training.extent(0));
  // The number of scores that the threshold comes from is known before the scores are.
  alarm_threshold(std::vector<double>(static_cast<std::size_t>((model.data().held_out.size() + 1) / 2)), false_alarm);
}

Findings detect(const TrainedRun& run, const DetectConfig& config, const ApplicationInput& input,
                const RunOptions& options) {
  const Prepared& data = run.model.data();
  config.check(run.model);
  // Anomalies may lie outside the data's range.  Images, whose range is known, may not lie at any distance.
  const double reach = data.training.images() ? 10 : INFINITY;
  const Tensor asked = input.x.defined() ? application_data(run, input, 0, reach).prepared : Tensor{};
  const Judge judge(run, config, options);
  const Judged normal = judge(data.held_out.x), anomalies = judge(data.excluded.x), given = judge(asked);
  Findings found;
  const double threshold = set_threshold(normal.scores, config.false_alarm, found);
  if (anomalies.x.defined()) {
    add_roc(normal, anomalies, threshold, found);
    add_classes(normal, anomalies, data.excluded.labels, found);
  }
  if (given.x.defined()) {
    found.figures.push_back(share_above("flagged", given.scores, threshold));
    std::vector<double> flags;
    for (const double score : given.scores) flags.push_back(score > threshold);
    found.arrays.emplace_back("input/flag", column(flags));
  }
  add_arrays("held_out", normal, found);
  add_arrays("excluded", anomalies, found);
  add_arrays("input", given, found);
  add_heat_maps(normal, given.x.defined() ? given : anomalies, data.training.range, found);
  return found;
}

}  // namespace fokker
