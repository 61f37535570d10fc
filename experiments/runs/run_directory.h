#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "fokker/experiments/runs/run_files.h"
#include "fokker/experiments/runs/run_options.h"

namespace fokker {

/// The folder of one run, locked for one process while the object lives:
///   config.toml    the resolved experiment            metrics.jsonl   one line a training step
///   data.json      what sampling needs of the data    checkpoints/    the last two training states
///   run.json       status, provenance, SHA-256        averages/       snapshots of power-function averages
///   log.txt        what was printed
///   results.h5, model.safetensors, model-ema-DECAY.safetensors, *.png
class RunDirectory {
 public:
  /// Makes a new run.  Throws ConfigError where `path` holds one already, and IoError where it cannot be made.
  static RunDirectory create(const std::filesystem::path& path, std::string_view config);
  /// Throws ConfigError where `path` holds a run already.
  static void require_new(const std::filesystem::path& path);
  /// Opens an existing run.  Throws ConfigError where `path` holds none, and IoError where another process works in it.
  static RunDirectory open(const std::filesystem::path& path);
  /// Opens an existing run, and waits for up to a minute until another process leaves it.  Throws Cancelled where the
  /// options say stop.
  static RunDirectory open_when_free(const std::filesystem::path& path, const RunOptions& options);
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }
  std::filesystem::path config_file() const { return file("config.toml"); }
  std::filesystem::path checkpoints() const { return file("checkpoints"); }
  std::filesystem::path averages() const { return file("averages"); }

  void update_status(std::string_view fields) const { update_run_json(path_, fields); }
  void log(std::string_view line) const;

 private:
  explicit RunDirectory(std::filesystem::path path);
  /// Takes the lock; false where another process holds it.
  bool try_lock();
  void lock();
  std::string owner() const;

  std::filesystem::path path_;
  int lock_ = -1;
};

/// The path runs/NAME/20260101T000000Z-HASH, where HASH is that of the resolved config.
std::filesystem::path default_run_path(const std::string& name, std::string_view config);

}  // namespace fokker
