#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/training/metrics_log.h"

namespace fokker {

/// The line "epoch … step … loss …" of the interval of the log that ends with the last row.
std::string interval_line(std::span<const MetricsRow> rows, const TrainConfig& config, std::int64_t training_samples);

/// What a finished training was like: time and rates, clipping, the least held-out loss, and the noise level that
/// learned least.
std::vector<std::string> summary_lines(std::span<const MetricsRow> rows, const TrainConfig& config);

/// The mean errors of all intervals as a picture [1, levels, intervals, 1], with the least noise below.  Values run
/// from 0 for the largest error to 1 on a logarithmic scale, so larger errors are darker.  The picture is undefined
/// without noise levels.
Tensor noise_level_picture(std::span<const MetricsRow> rows);

}  // namespace fokker
