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

/// The file metrics.jsonl of a run: a line of JSON for each training step, from the first on.
class MetricsLog {
 public:
  explicit MetricsLog(std::filesystem::path file) : file_(std::move(file)) {}

  /// The rows are on the disk when it returns, so that a checkpoint may rely on them.
  void append(std::span<const MetricsRow> rows);
  /// Of all lines until now.  A checkpoint keeps it.
  const std::string& digest() const { return digest_; }
  /// The rows of steps 1 … last_step; later ones, of work that was lost, are dropped from the file.  Throws ConfigError
  /// naming the line where one is missing, damaged or, by the digest of the checkpoint, another one than was written;
  /// an empty digest says nothing.
  std::vector<MetricsRow> read_until(std::int64_t last_step, const std::string& digest);

 private:
  std::filesystem::path file_;
  std::string digest_;
};

}  // namespace fokker
