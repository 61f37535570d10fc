#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/training/metrics_log.h"

namespace fokker {

/// "epoch … step …  loss …": the interval of the log that ends with the last row.
std::string interval_line(std::span<const MetricsRow> rows, const TrainConfig& config, std::int64_t training_samples);

/// What a finished training was like: time and rates, clipping, the least held-out loss, the noise level that learned
/// least.
std::vector<std::string> summary_lines(std::span<const MetricsRow> rows, const TrainConfig& config);

/// The mean errors of all intervals as a picture [1, levels, intervals, 1]: the least noise below, the larger the darker,
/// from 0 (the largest) to 1 on a logarithmic scale; undefined without noise levels.
Tensor noise_level_picture(std::span<const MetricsRow> rows);

}  // namespace fokker
