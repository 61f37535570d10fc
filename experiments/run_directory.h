#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fokker/experiments/trainer.h"

namespace fokker {

/// A line of metrics.jsonl; `seconds` is clock time since the start of training.
struct MetricsRow {
  StepReport report;
  double seconds;
};

/// The folder of one run, locked for one process while the object lives:
///   config.toml    the resolved experiment       metrics.jsonl   one line a training step
///   run.json       status and provenance         checkpoints/    the last two training states
///   log.txt        what was printed              averages/       snapshots of power-function averages
///   results.h5, model.safetensors, model-ema-DECAY.safetensors, *.png
class RunDirectory {
 public:
  /// A new run; throws ConfigError where `path` holds one already, and IoError where it cannot be made.
  static RunDirectory create(const std::filesystem::path& path, std::string_view config);
  /// Throws ConfigError where `path` holds a run already.
  static void require_new(const std::filesystem::path& path);
  /// A run that exists; throws ConfigError where `path` holds none, IoError where another process works in it.
  static RunDirectory open(const std::filesystem::path& path);
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }
  std::filesystem::path config_file() const { return file("config.toml"); }
  std::filesystem::path checkpoints() const { return file("checkpoints"); }
  std::filesystem::path averages() const { return file("averages"); }

  /// Merges `fields` (a JSON object) into run.json.
  void update_status(std::string_view fields) const;
  void log(std::string_view line) const;

  void append_metrics(const std::vector<MetricsRow>& rows) const;
  /// Rows up to `last_step`; later ones, of work that was lost, are dropped from the file.
  std::vector<MetricsRow> metrics_until(std::int64_t last_step) const;

 private:
  explicit RunDirectory(std::filesystem::path path);
  void lock();

  std::filesystem::path path_;
  int lock_ = -1;
};

/// runs/NAME/20260101T000000Z-HASH, the hash being that of the resolved config.
std::filesystem::path default_run_path(const std::string& name, std::string_view config);

/// What run.json says of a run: "running", "done", "stopped", "failed", or "unknown".
std::string run_status(const std::filesystem::path& run);

/// "2026-01-01T00:00:00Z"
std::string utc_now();

}  // namespace fokker
