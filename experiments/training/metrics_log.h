#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/training/trainer.h"

namespace fokker {

/// A line of metrics.jsonl; `seconds` is clock time since the start of training.
struct MetricsRow {
  StepReport report;
  double seconds;
};

/// The line of a row, without its end.
std::string metrics_line(const MetricsRow& row);

/// The file metrics.jsonl of a run: a line of JSON for each training step, from the first on.
class MetricsLog {
 public:
  explicit MetricsLog(std::filesystem::path file) : file_(std::move(file)) {}

  /// Appends rows.  They are on the disk when it returns, so that a checkpoint may rely on them.
  void append(std::span<const MetricsRow> rows);
  /// The digest of all lines until now, which a checkpoint keeps.
  const std::string& digest() const { return digest_; }
  /// Returns the rows of steps 1 … last_step.  Later rows, of work that was lost, are dropped from the file.  Throws
  /// ConfigError, naming the line, where one is missing or damaged.  Throws ConfigError where the rows do not have the
  /// digest of the checkpoint; an empty digest matches all rows.
  std::vector<MetricsRow> read_until(std::int64_t last_step, const std::string& digest);

 private:
  std::filesystem::path file_;
  std::string digest_;
};

}  // namespace fokker
