#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/runs/generate.h"
#include "fokker/experiments/runs/run_directory.h"
#include "fokker/experiments/training/metrics_log.h"

namespace fokker {

/// Samples of one table [[sample]], in the units of the data, and how they compare with the data.
struct SampleSet {
  GenerateConfig config;
  Samples samples;
  std::vector<MetricResult> metrics;
};

/// What is known at the end of a run.
struct RunResults {
  std::string run_id;
  std::string config_text;  // the resolved experiment
  std::string data_sha256;
  ValueRange range;                               // range of the data
  std::vector<std::int64_t> held_out_index = {};  // rows of the original data
  std::vector<MetricsRow> training;
  std::vector<SampleSet> samples;
};

/// Writes what every results file says of itself: schema, versions, date, and the config that repeats it.
void write_identity(Hdf5File& file, const char* schema, const std::string& config);

/// The file "results.h5" (docs/results.md): /metrics, /samples/NAME, /trajectories/NAME, /evaluation/NAME and
/// /provenance.  Every dataset but `wall_time` is a function of the experiment alone.
/// Other content of `base` stays.
Hdf5File results_file(const ModelConfig& config, const RunResults& results, Hdf5File base = {});

inline constexpr const char* results_name = "results.h5";
/// Opens the results of a run.  Throws ConfigError where the file is not as the run wrote it.
Hdf5File open_results(const std::filesystem::path& run);
/// Saves the results of a run.  It may only be called under the lock of the run (run_directory.h), held since before
/// `open_results`.
void save_results(const std::filesystem::path& run, const Hdf5File& file);

/// Writes GROUP/METRIC and GROUP/METRIC_real.
void write_metrics(Hdf5File& file, const std::string& group, std::span<const MetricResult> metrics);
/// Replaces /evaluation/NAME of a results file.
void write_evaluation(Hdf5File& file, const std::string& name, std::span<const MetricResult> metrics);

/// The samples of /samples/NAME, [N, …].
Tensor read_samples(const Hdf5File& file, const std::string& name);

/// A set of samples with its config, NFE, seconds and metrics.
SampleSet read_sample_set(const Hdf5File& file, const std::string& name);

/// All metrics of a set, with label_accuracy where it has labels.
std::vector<MetricResult> measured(const Evaluator& evaluator, const SampleSet& set);

/// Says which feature network is the unit of which figures, in a line for each network.
std::vector<std::string> feature_lines(std::span<const MetricResult> metrics);

/// The metrics as rows of text, with columns for sampler, NFE, seconds and every metric.  Real data against real data
/// stand below.
std::vector<std::string> metrics_table(std::span<const SampleSet> sets);

}  // namespace fokker
