#include "fokker/experiments/applications/synthesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "fokker/core/base/quantile.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/metrics/classifier.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/statistics/neighbours.h"

namespace fokker {
namespace {

std::map<std::int64_t, std::int64_t> counts(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::int64_t> result;
  for (const auto label : labels) ++result[label];
  return result;
}

Tensor flat(const Tensor& x) { return x.view({x.extent(0), x.size() / x.extent(0)}); }

/// Thins x to at most n rows, evenly spaced.
Tensor thinned(const Tensor& x, std::int64_t n) {
  if (x.extent(0) <= n) return x;
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) rows[i] = i * x.extent(0) / n;
  return gather(x, rows);
}

Dataset of_class(const Dataset& data, std::int64_t label) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < data.size(); ++i)
    if (data.labels[i] == label) rows.push_back(i);
  return subset(data, rows);
}

Dataset together(Dataset a, const Dataset& b) {
  a.x = concat({a.x, b.x}, 0);
  a.labels.insert(a.labels.end(), b.labels.begin(), b.labels.end());
  return a;
}

/// Computes ½ (P(d(a, b) > d(a, a)) + P(d(b, a) > d(b, b))), where d is the distance to the nearest other sample.
double adversarial_accuracy(const Tensor& a, const Tensor& b) {
  const auto share = [](const Tensor& from, const Tensor& to) {
    const auto across = neighbour_distances(from, to, 1), within = neighbour_distances(from, from, 1, Self::leave_out);
    double apart = 0;
    for (std::size_t i = 0; i < across.size(); ++i)
      apart += across[i] > within[i] ? 1 : across[i] == within[i] ? 0.5 : 0;
    return apart / static_cast<double>(across.size());
  };
  return 0.5 * (share(a, b) + share(b, a));
}

void require_labels(const Prepared& real) {
  require<ConfigError>(
      !real.training.labels.empty() && real.held_out.size() > 1,
      "[synthesise] expected labelled data with a part held out, got \"{}\" with {} labels and {} held "
      "out",
      real.training.name, real.training.labels.size(), real.held_out.size());
}

/// One row for each class.
void add_picture(const Dataset& synthetic, Findings& found) {
  constexpr std::int64_t most_columns = 10;
  if (!drawable(synthetic.x.shape())) return;
  std::int64_t columns = most_columns;
  for (const auto& [label, n] : counts(synthetic.labels)) columns = std::min(columns, n);
  std::vector<std::int64_t> order;
  std::map<std::int64_t, std::int64_t> shown;
  for (std::int64_t i = 0; i < synthetic.size(); ++i)
    if (shown[synthetic.labels[i]]++ < columns) order.push_back(i);
  found.pictures.push_back({"synthetic",
                            gather(synthetic.x, order),
                            {.low = synthetic.range.low,
                             .high = synthetic.range.high,
                             .columns = static_cast<int>(columns),
                             .separator = 2}});
}

}  // namespace

std::vector<std::int64_t> synthesis_labels(const std::vector<std::int64_t>& real, const SynthesisConfig& config) {
  require<ConfigError>(!real.empty(), "[synthesise] expected data with labels, got none");
  const auto present = counts(real);
  const auto largest = std::ranges::max_element(present, {}, [](const auto& entry) { return entry.second; })->second;
  std::vector<std::int64_t> labels;
  for (const auto& [label, n] : present)
    labels.insert(labels.end(), static_cast<std::size_t>(config.balance ? largest - n : config.n), label);
  require<ConfigError>(!labels.empty(), "[synthesise.balance] every class has {} samples already", largest);
  return labels;
}

Findings usefulness(const Dataset& synthetic, const Prepared& real, const SynthesisConfig& config) {
  require_labels(real);
  const auto present = counts(real.training.labels);
  const auto rarest = std::ranges::min_element(present, {}, [](const auto& entry) { return entry.second; })->first;
  const Dataset rare = of_class(real.held_out, rarest);
  require<ConfigError>(!config.balance || rare.size() > 0, "[synthesise] no sample of class {} is held out", rarest);
  const Dataset other = config.balance ? together(real.training, synthetic) : synthetic;
  std::vector<double> accuracy[2], ratio, recall[2], gain;
  for (std::int64_t seed = 0; seed < config.seeds; ++seed) {
    const ClassifierConfig how{.seed = static_cast<std::uint64_t>(seed)};
    const FeatureClassifier judges[2] = {FeatureClassifier(real.training, how), FeatureClassifier(other, how)};
    for (int k = 0; k < 2; ++k) {
      accuracy[k].push_back(judges[k].accuracy(real.held_out));
      if (config.balance) recall[k].push_back(judges[k].accuracy(rare));
    }
    ratio.push_back(accuracy[1].back() / accuracy[0].back());
    if (config.balance) gain.push_back(recall[1].back() - recall[0].back());
  }
  Findings found;
  found.figures.push_back(mean_figure("accuracy_real", accuracy[0], share_range));
  found.figures.push_back(
      mean_figure(config.balance ? "accuracy_balanced" : "accuracy_synthetic", accuracy[1], share_range));
  found.figures.push_back(mean_figure("accuracy_ratio", ratio, positive_range));
  if (!config.balance) return found;
  found.figures.push_back({"rarest_class", static_cast<double>(rarest)});
  found.figures.push_back(mean_figure("recall_real", recall[0], share_range));
  found.figures.push_back(mean_figure("recall_balanced", recall[1], share_range));
  found.figures.push_back(mean_figure("recall_gain", gain, correlation_range));
  return found;
}

Findings privacy(const Dataset& synthetic, const Prepared& real) {
  require<ConfigError>(real.held_out.size() > 1 && synthetic.size() > 1,
                       "[synthesise] expected samples held out to compare with, got {}", real.held_out.size());
  const Tensor x = flat(synthetic.x), training = flat(real.training.x), held_out = flat(real.held_out.x);
  const auto own = neighbour_distances(x, training, 1), usual = neighbour_distances(held_out, training, 1);
  const double edge = quantile(usual, 0.05);
  Findings found;
  found.figures.push_back({"nearest_ratio", nearest_neighbour_ratio(x, training, held_out)});
  found.figures.push_back(
      share_figure("closer", std::ranges::count_if(own, [&](double d) { return d < edge; }), std::ssize(own)));
  for (const double share : {0.05, 0.5}) {
    found.figures.push_back({fmt::format("closest_{:02.0f}", 100 * share), quantile(own, share)});
    found.figures.push_back({fmt::format("closest_{:02.0f}_held_out", 100 * share), quantile(usual, share)});
  }
  const std::int64_t n = std::min({x.extent(0), training.extent(0), held_out.extent(0)});
  const Tensor drawn = thinned(x, n);
  const double seen = adversarial_accuracy(drawn, thinned(training, n));
  const double unseen = adversarial_accuracy(drawn, thinned(held_out, n));
  found.figures.push_back({"adversarial_training", seen});
  found.figures.push_back({"adversarial_held_out", unseen});
  found.figures.push_back({"privacy_loss", unseen - seen});
  return found;
}

Findings synthesise(const DrawLabelled& draw, const Prepared& real, const SynthesisConfig& config) {
  require_labels(real);
  Dataset synthetic = real.training;
  synthetic.labels = synthesis_labels(real.training.labels, config);
  synthetic.x = draw(synthetic.labels);
  const Shape expected = with_extent(real.training.x.shape(), 0, std::ssize(synthetic.labels));
  require<ShapeError>(synthetic.x.shape() == expected, "[synthesise] expected samples {}, got {}", to_string(expected),
                      to_string(synthetic.x.shape()));
  Findings found = usefulness(synthetic, real, config);
  for (const Figure& figure : privacy(synthetic, real).figures) found.figures.push_back(figure);
  const std::vector<double> labels(synthetic.labels.begin(), synthetic.labels.end());
  found.arrays = {{"x", real.scaling.invert(synthetic.x)},
                  {"label", Tensor::from(labels, {std::ssize(labels)}, Dtype::f64)}};
  add_picture(synthetic, found);
  if (!synthetic.features.empty()) {
    synthetic.x = found.arrays.front().second;
    found.tables.push_back({"table", csv_text(synthetic)});
  }
  return found;
}

}  // namespace fokker
