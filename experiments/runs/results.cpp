#include "fokker/experiments/runs/results.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "fokker/core/io/file.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/runs/utc.h"

namespace fokker {
namespace {

/// One column of the training rows.
template <class F>
Tensor column(std::span<const MetricsRow> rows, F value) {
  Tensor result = Tensor::empty({static_cast<std::int64_t>(rows.size())}, Dtype::f64);
  for (std::size_t i = 0; i < rows.size(); ++i) result.data<double>()[i] = value(rows[i]);
  return result;
}

void write_training(Hdf5File& file, std::span<const MetricsRow> rows) {
  if (rows.empty()) return;
  std::vector<std::int64_t> steps, operations;
  std::vector<std::uint8_t> clipped;
  for (const auto& row : rows) {
    steps.push_back(row.report.step);
    operations.push_back(row.report.operations);
    clipped.push_back(row.report.clipped);
  }
  const Shape shape{std::ssize(steps)};
  const std::vector<std::string> axis = {"step"};
  const std::string group = "/metrics/train/";
  file.write(group + "step", std::span<const std::int64_t>(steps), shape, axis);
  file.write(group + "operations", std::span<const std::int64_t>(operations), shape, axis);
  file.write(group + "clipped", std::span<const std::uint8_t>(clipped), shape, axis);
  file.write(group + "train_loss", column(rows, [](const MetricsRow& r) { return r.report.loss; }), axis);
  file.write(group + "grad_norm", column(rows, [](const MetricsRow& r) { return r.report.gradient_norm; }), axis);
  file.write(group + "lr", column(rows, [](const MetricsRow& r) { return r.report.learning_rate; }), axis);
  file.write(group + "ema_decay", column(rows, [](const MetricsRow& r) { return r.report.ema_decay; }), axis);
  file.write(group + "wall_time", column(rows, [](const MetricsRow& r) { return r.seconds; }), axis);
  file.set_attribute(group + "wall_time", "units", Attribute("s"));
}

void write_held_out(Hdf5File& file, std::span<const MetricsRow> rows) {
  std::vector<std::int64_t> steps;
  std::vector<double> losses;
  for (const auto& row : rows)
    if (row.report.held_out_loss) {
      steps.push_back(row.report.step);
      losses.push_back(*row.report.held_out_loss);
    }
  if (steps.empty()) return;
  const Shape shape{std::ssize(steps)};
  file.write("/metrics/held_out/step", std::span<const std::int64_t>(steps), shape, {"step"});
  file.write("/metrics/held_out/loss", Tensor::from(losses, shape, Dtype::f64), {"step"});
}

void write_noise_levels(Hdf5File& file, std::span<const MetricsRow> rows) {
  std::vector<std::int64_t> steps, count;
  std::vector<double> mean, deviation, level;
  for (const auto& row : rows) {
    if (row.report.levels.empty()) continue;
    steps.push_back(row.report.step);
    for (const LevelErrors& errors : row.report.levels) {
      count.push_back(errors.count);
      mean.push_back(errors.mean);
      deviation.push_back(errors.deviation);
    }
  }
  if (steps.empty()) return;
  for (std::int64_t i = 0; i < NoiseLevels::parts; ++i)
    level.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(NoiseLevels::parts));
  const std::string group = "/metrics/noise_levels/";
  const Shape shape{std::ssize(steps), NoiseLevels::parts};
  const std::vector<std::string> axes = {"step", "level"};
  file.write(group + "step", std::span<const std::int64_t>(steps), {shape[0]}, {"step"});
  file.write(group + "level", Tensor::from(level, {shape[1]}, Dtype::f64), {"level"});
  file.write(group + "count", std::span<const std::int64_t>(count), shape, axes);
  file.write(group + "mean", Tensor::from(mean, shape, Dtype::f64), axes);
  file.write(group + "deviation", Tensor::from(deviation, shape, Dtype::f64), axes);
}

/// Images are [sample, y, x, channel]; anything else [sample, component, …].
std::vector<std::string> sample_axes(int rank) {
  if (rank == 4) return {"sample", "y", "x", "channel"};
  std::vector<std::string> axes = {"sample"};
  for (int i = 1; i < rank; ++i) axes.push_back(i == 1 ? "component" : fmt::format("component_{}", i));
  return axes;
}

const MetricResult* find(std::span<const MetricResult> metrics, const std::string& name) {
  const auto found = std::ranges::find(metrics, name, &MetricResult::name);
  return found == metrics.end() ? nullptr : &*found;
}

const char* variable(int rank) { return rank == 4 ? "image" : "x"; }

void write_samples(Hdf5File& file, const SampleSet& set, const ValueRange& range) {
  const Samples& samples = set.samples;
  const std::string group = "/samples/" + set.config.title();
  const int rank = samples.values.rank();
  std::vector<std::int64_t> index(static_cast<std::size_t>(samples.values.extent(0)));
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<std::int64_t>(i);
  file.write(group + "/sample", std::span<const std::int64_t>(index), {samples.values.extent(0)}, {"sample"});
  file.write(group + "/" + variable(rank), samples.values, sample_axes(rank));
  file.set_attribute(group, "sampler", Attribute(set.config.solver));
  GenerateConfig stated = set.config;
  stated.use_defaults();
  file.set_attribute(group, "sampler_config", Attribute(dump(stated)));
  file.set_attribute(group, "n_steps", Attribute(set.config.step_count()));
  file.set_attribute(group, "nfe", Attribute(samples.nfe));
  file.set_attribute(group, "failures", Attribute(samples.failures));
  file.set_attribute(group, "wall_time_s", Attribute(samples.seconds));
  file.set_attribute(group, "value_range", Attribute(std::vector<double>{range.low, range.high}));
  if (!samples.trajectory.defined()) return;
  const std::string path = "/trajectories/" + set.config.title();
  std::vector<std::string> axes = sample_axes(rank);
  axes.insert(axes.begin(), "time");
  file.write(path + "/time", Tensor::from(samples.times, {static_cast<std::int64_t>(samples.times.size())}, Dtype::f64),
             {"time"});
  file.write(path + "/" + variable(rank), samples.trajectory, axes);
}

}  // namespace

void write_metrics(Hdf5File& file, const std::string& group, std::span<const MetricResult> metrics) {
  for (const auto& metric : metrics) {
    const std::string path = group + "/" + metric.name;
    file.write(path, Tensor::scalar(metric.value, Dtype::f64));
    file.write(path + "_real", Tensor::scalar(metric.reference, Dtype::f64));
    if (metric.features.empty()) continue;
    for (const auto& figure : {path, path + "_real"})
      file.set_attribute(figure, "features", Attribute(metric.features));
  }
}

void write_evaluation(Hdf5File& file, const std::string& name, std::span<const MetricResult> metrics) {
  file.remove("/evaluation/" + name);
  write_metrics(file, "/evaluation/" + name, metrics);
}

void write_identity(Hdf5File& file, const char* schema, const std::string& config) {
  file.set_attribute("/", "Conventions", Attribute("CF-1.8"));
  file.set_attribute("/", "schema", Attribute(schema));
  file.set_attribute("/", "schema_version", Attribute("1.0.0"));
  file.set_attribute("/", "creator", Attribute("fokker"));
  file.set_attribute("/", "creator_version", Attribute(version()));
  file.set_attribute("/", "created_at", Attribute(utc_now()));
  file.set_attribute("/", "config_sha256", Attribute(sha256(config)));
  file.write_text("/provenance/config_toml", config);
}

Hdf5File open_results(const std::filesystem::path& run) {
  require_intact(run, results_name, "put the file back, or remove it and `fokker resume` makes the run's part again");
  return Hdf5File::open(run / results_name);
}

void save_results(const std::filesystem::path& run, const Hdf5File& file) {
  write_run_file(run, results_name, file.image());
}

Hdf5File results_file(const ModelConfig& config, const RunResults& results, Hdf5File file) {
  for (const char* group : {"/metrics", "/samples", "/trajectories", "/data", "/provenance"}) file.remove(group);
  write_identity(file, "sde-run", results.config_text);
  file.set_attribute("/", "run_id", Attribute(results.run_id));
  file.set_attribute("/", "seed", Attribute(static_cast<std::int64_t>(config.seed)));
  file.set_attribute("/", "data_sha256", Attribute(results.data_sha256));
  if (!results.held_out_index.empty())
    file.write("/data/held_out_index", std::span<const std::int64_t>(results.held_out_index),
               {static_cast<std::int64_t>(results.held_out_index.size())}, {"held_out"});
  write_training(file, results.training);
  write_held_out(file, results.training);
  write_noise_levels(file, results.training);
  for (const auto& set : results.samples) {
    write_samples(file, set, results.range);
    write_evaluation(file, set.config.title(), set.metrics);
  }
  return file;
}

Tensor read_samples(const Hdf5File& file, const std::string& name) {
  const std::string group = "/samples/" + name;
  return file.read(group + (file.contains(group + "/image") ? "/image" : "/x"));
}

std::vector<MetricResult> measured(const Evaluator& evaluator, const SampleSet& set) {
  auto metrics = evaluator(set.samples.values);
  if (const auto found = evaluator.label_accuracy(set.samples.values, set.config.labels)) metrics.push_back(*found);
  return metrics;
}

SampleSet read_sample_set(const Hdf5File& file, const std::string& name) {
  const std::string samples = "/samples/" + name, evaluation = "/evaluation/" + name;
  SampleSet set;
  const auto config = std::get<std::string>(file.attribute(samples, "sampler_config"));
  set.config = read<GenerateConfig>(Config::parse(config, samples));
  set.config.name = name;
  set.samples.values = read_samples(file, name);
  set.samples.nfe = std::get<double>(file.attribute(samples, "nfe"));
  set.samples.seconds = std::get<double>(file.attribute(samples, "wall_time_s"));
  if (!file.contains(evaluation)) return set;
  const auto number = [&](const std::string& metric) {
    return file.read(evaluation + "/" + metric, Dtype::f64).item();
  };
  const auto features = [&](const std::string& path) {
    return file.has_attribute(path, "features") ? std::get<std::string>(file.attribute(path, "features")) : "";
  };
  for (const auto& metric : file.list(evaluation))
    if (!metric.ends_with("_real"))
      set.metrics.push_back({metric, number(metric), number(metric + "_real"), features(evaluation + "/" + metric)});
  return set;
}

std::vector<std::string> feature_lines(std::span<const MetricResult> metrics) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& metric : metrics)
    if (!metric.features.empty()) names[metric.features].insert(metric.name);
  std::vector<std::string> lines;
  for (const auto& [features, figures] : names)
    lines.push_back(fmt::format("{}: by the {}", fmt::join(figures, ", "), features));
  return lines;
}

std::vector<std::string> metrics_table(std::span<const SampleSet> sets) {
  std::size_t width = 7;
  for (const auto& set : sets) width = std::max(width, set.config.title().size());
  std::vector<std::string> lines = {fmt::format("{:<{}} {:>7} {:>8}", "sampler", width, "NFE", "seconds")};
  for (const auto& set : sets)
    lines.push_back(
        fmt::format("{:<{}} {:>7.4g} {:>8.2f}", set.config.title(), width, set.samples.nfe, set.samples.seconds));
  std::vector<MetricResult> columns;  // every metric once, from the first set that has it
  for (const auto& set : sets)
    for (const auto& metric : set.metrics)
      if (!find(columns, metric.name)) columns.push_back(metric);
  if (columns.empty()) return lines;
  lines.push_back(fmt::format("{:<{}} {:>7} {:>8}", "(real)", width, "", ""));
  for (const auto& column : columns) {
    const std::size_t wide = std::max<std::size_t>(9, column.name.size());
    lines[0] += fmt::format("  {:>{}}", column.name, wide);
    for (std::size_t row = 0; row < sets.size(); ++row) {
      const MetricResult* metric = find(sets[row].metrics, column.name);
      lines[row + 1] += fmt::format("  {:>{}}", metric ? fmt::format("{:.4f}", metric->value) : "", wide);
    }
    lines.back() += fmt::format("  {:>{}.4f}", column.reference, wide);
  }
  for (const auto& line : feature_lines(columns)) lines.push_back(line);
  return lines;
}

}  // namespace fokker
