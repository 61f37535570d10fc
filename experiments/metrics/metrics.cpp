#include "fokker/experiments/metrics/metrics.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/data/prepare.h"
#include "fokker/experiments/data/split.h"
#include "fokker/experiments/metrics/feature_network.h"
#include "fokker/experiments/metrics/modes.h"
#include "fokker/experiments/statistics/frechet.h"
#include "fokker/experiments/statistics/neighbours.h"
#include "fokker/experiments/statistics/two_sample.h"

namespace fokker {
namespace {

using Figures = std::vector<double>;

Figures sliced(const MetricInput& in, const MetricConfig& config) {
  return {sliced_w2(in.samples, in.held_out, config.projections, config.seed)};
}

Figures energy(const MetricInput& in, const MetricConfig&) { return {energy_distance(in.samples, in.held_out)}; }

Figures mmd(const MetricInput& in, const MetricConfig&) {
  return {mmd_squared(in.samples, in.held_out, median_distance(in.held_out))};
}

Figures frechet(const MetricInput& in, const MetricConfig&) {
  return {frechet_distance(in.sample_features, in.held_out_features)};
}

Figures manifolds(const MetricInput& in, const MetricConfig& config) {
  const auto [precision, recall] = precision_recall(in.samples, in.held_out, config.neighbours);
  return {precision, recall};
}

Figures nearest(const MetricInput& in, const MetricConfig&) {
  return {in.reference ? nearest_neighbour_ratio_of_training(in.samples, in.training, in.held_out)
                       : nearest_neighbour_ratio(in.samples, in.training, in.held_out)};
}

Figures coverage(const MetricInput& in, const MetricConfig& config) {
  const auto [covered, high_quality] = mode_coverage(in.modes->of(in.samples), in.modes->count(), config.mode_share);
  return {covered, high_quality};
}

const std::vector<MetricEntry>& entries() {
  static const std::vector<MetricEntry> table{
      {"sliced_w2", {"sliced_w2"}, false, "sliced Wasserstein-2 distance", sliced},
      {"energy", {"energy"}, false, "energy distance", energy},
      {"mmd",
       {"mmd"},
       false,
       "squared maximum mean discrepancy, with Gaussian kernels whose widths surround the median distance",
       mmd},
      {"frechet", {"frechet"}, true, "Fréchet distance in the features of one classifier for each data set", frechet},
      {"precision_recall",
       {"precision", "recall"},
       false,
       "shares of samples and of real data inside the k-nearest-neighbour balls of the other set",
       manifolds},
      {"nearest_neighbour",
       {"nearest_neighbour"},
       false,
       "median distance of samples to the training data, divided by that of held-out data; near 0 for copies",
       nearest},
      {"modes",
       {"modes", "high_quality"},
       false,
       "classes that hold mode_share of their part of the samples, and the share of samples that belong to one",
       coverage}};
  return table;
}

const MetricEntry* find(const std::string& name) { return &Registry("[evaluate.metrics]", entries()).at(name); }

Tensor flat(const Tensor& x) {
  return cast(x.detach().view({x.extent(0), x.size() / std::max<std::int64_t>(x.extent(0), 1)}), Dtype::f64);
}

Tensor rows_of(const Tensor& x, std::span<const std::int64_t> rows) {
  const NoGrad no_grad;
  return x.defined() ? gather(x, rows) : x;
}

/// Chooses at most `limit` different numbers below n, in random order.  Where n ≤ limit, it returns all in order.
std::vector<std::int64_t> draw(std::int64_t n, std::int64_t limit, const Rng& rng) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  if (n <= limit) return rows;
  rows = rng.permutation(n);
  rows.resize(static_cast<std::size_t>(limit));
  return rows;
}

std::vector<std::int64_t> distinct_rows(const Dataset& data) {
  const auto first = first_copies({.x = data.x});
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < first.size(); ++i)
    if (first[i] == static_cast<std::int64_t>(i)) rows.push_back(first[i]);
  return rows;
}

}  // namespace

std::span<const MetricEntry> metric_entries() { return entries(); }

std::vector<std::string> metric_names() { return Registry("[evaluate.metrics]", entries()).names(); }

std::int64_t least_samples(const MetricConfig& config) {
  const bool neighbours = std::ranges::count(config.metrics, "precision_recall") > 0;
  return neighbours ? std::max<std::int64_t>(2, config.neighbours + 1) : 2;
}

Evaluator::Evaluator(const Dataset& training, const Dataset& held_out, const MetricConfig& config,
                     const Dataset& original)
    : config_(config) {
  for (const auto& name : config.metrics) entries_.push_back(find(name));
  require<ConfigError>(training.size() >= 2 && held_out.size() >= 2,
                       "[evaluate] expected at least two training and two "
                       "held-out samples, got {} and {}; raise data.held_out or data.n",
                       training.size(), held_out.size());
  require<ShapeError>(without_axis(training.x.shape(), 0) == without_axis(held_out.x.shape(), 0),
                      "[evaluate] expected training and held-out samples of one shape, got {} and {}",
                      to_string(training.x.shape()), to_string(held_out.x.shape()));
  sample_shape_ = without_axis(training.x.shape(), 0);
  if (config.standardise) units_ = make_scaling("standardise", training);
  const auto training_rows = distinct_rows(training);
  const auto held_out_rows = draw(held_out.size(), config.limit, Rng(config.seed, Stream::metric).fork(1));
  data_.training = rows_of(flat(in_units(training.x)), training_rows);
  data_.held_out = rows_of(flat(in_units(held_out.x)), held_out_rows);
  const bool featured = std::ranges::any_of(entries_, [](const auto* entry) { return entry->features; });
  const bool sorted = asks_for("modes");
  const Dataset& labelled = original.classes() >= 2 ? original : training;
  if (labelled.classes() >= 2 && (featured || (sorted && training.images())))
    network_ = feature_network(labelled, {config.classifier_steps, config.standardise});
  if (sorted) find_modes(training);
  if (!featured) return;
  data_.training_features = features(rows_of(flat(training.x), training_rows), data_.training);
  data_.held_out_features = features(rows_of(flat(held_out.x), held_out_rows), data_.held_out);
}

Evaluator::Evaluator(const Prepared& data, const MetricConfig& config)
    : Evaluator(in_data_units(data.training, data), in_data_units(data.held_out, data), config, data.original) {}

bool Evaluator::asks_for(const char* metric) const {
  return std::ranges::any_of(entries_, [&](const auto* entry) { return std::string(entry->name) == metric; });
}

void Evaluator::find_modes(Dataset training) {
  std::function<Tensor(const Tensor&)> features_of;
  if (training.images())
    features_of = [network = network_, units = units_](const Tensor& x) {
      return network->features(units.invert(cast(x, Dtype::f32)));
    };
  training.x = flat(in_units(training.x));
  modes_ = std::make_unique<Modes>(training, std::move(features_of));
  data_.modes = modes_.get();
}

Tensor Evaluator::in_units(const Tensor& x) const {
  return config_.standardise ? units_.apply(cast(x.detach(), Dtype::f32)) : x;
}

Evaluator::~Evaluator() = default;

/// The features of x in the units of the data: the network's, or the rows in the units of the metrics.
Tensor Evaluator::features(const Tensor& x, const Tensor& rows) const {
  return network_ ? network_->features(x) : rows;
}

double Evaluator::classifier_accuracy() const {
  return network_ ? network_->accuracy() : std::numeric_limits<double>::quiet_NaN();
}

MetricInput Evaluator::input(const Tensor& samples) const {
  MetricInput result = data_;
  result.samples = flat(in_units(samples));
  const auto values = std::as_const(result.samples).data<double>();
  const auto bad = std::ranges::find_if(values, [](double v) { return !std::isfinite(v); }) - values.begin();
  require<NumericalError>(bad == std::ssize(values),
                          "[evaluate] expected finite samples, got {} in sample {}; look at the "
                          "training loss and the sampler's steps",
                          bad < std::ssize(values) ? values[bad] : 0, bad / result.samples.extent(1));
  if (data_.held_out_features.defined()) result.sample_features = features(flat(samples), result.samples);
  return result;
}

MetricInput Evaluator::reference(std::int64_t n) const {
  MetricInput result = data_;
  const auto rows = draw(data_.training.extent(0), n, Rng(config_.seed, Stream::metric).fork(2));
  result.samples = rows_of(data_.training, rows);
  result.sample_features = rows_of(data_.training_features, rows);
  result.reference = true;
  return result;
}

std::vector<MetricResult> Evaluator::operator()(const Tensor& samples) const {
  require<ShapeError>(
      samples.rank() >= 1 && samples.extent(0) >= 2 && without_axis(samples.shape(), 0) == sample_shape_,
      "[evaluate] expected at least two samples of shape {}, got {}", to_string(sample_shape_),
      to_string(samples.shape()));
  const MetricInput generated = input(samples), real = reference(samples.extent(0));
  std::vector<MetricResult> results;
  for (const auto* entry : entries_) {
    const Figures value = entry->compute(generated, config_), usual = entry->compute(real, config_);
    const std::string unit = entry->features && network_ ? network_->name() : "";
    for (std::size_t k = 0; k < value.size(); ++k) results.push_back({entry->results[k], value[k], usual[k], unit});
  }
  return results;
}

std::optional<MetricResult> Evaluator::label_accuracy(const Tensor& samples,
                                                      std::span<const std::int64_t> labels) const {
  if (!network_ || labels.empty()) return {};
  const auto named = network_->classify(flat(samples));
  std::int64_t right = 0;
  for (std::size_t i = 0; i < named.size(); ++i) right += named[i] == labels[i % labels.size()];
  return MetricResult{"label_accuracy", static_cast<double>(right) / static_cast<double>(named.size()),
                      classifier_accuracy(), network_->name()};
}

std::vector<MetricResult> evaluate(const Tensor& samples, const Dataset& training, const Dataset& held_out,
                                   const MetricConfig& config) {
  return Evaluator(training, held_out, config)(samples);
}

}  // namespace fokker
