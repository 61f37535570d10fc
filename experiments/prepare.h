#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/config.h"
#include "fokker/experiments/dataset.h"

namespace fokker {

/// The table [data] of an experiment: what to load, and how it is prepared.
struct DataConfig {
  std::string source = "digits";
  std::int64_t n = 0;
  double held_out = 0.2;
  bool stratify = true;
  bool remove_duplicates = false;
  double near_duplicates = 0;
  double remove_outliers = 0;
  bool balance = false;
  bool dequantise = false;
  std::string scaling = "auto";
  std::vector<std::string> augment;
};

/// Between the units of the data and those that the network sees: prepared = (x − shift) / scale.
struct Scaling {
  Tensor shift, scale;  // f32, of shape [] or [D]

  Tensor apply(const Tensor& x) const;
  Tensor invert(const Tensor& prepared) const;
};

/// What one step of the preparation did.
struct PreparationReport {
  std::string step;
  std::int64_t before, after;  // samples, training and held-out together
  std::string change;          // in words: "3 of 1797 samples repeat an earlier one"
};

/// Data ready for training, in the units of the network, with the way back.
struct Prepared {
  Dataset training, held_out;                              // x prepared; `range` in prepared units
  std::vector<std::int64_t> training_index, held_out_index;  // rows of the original data
  Scaling scaling;
  ValueRange range;  // of the original data
  std::vector<PreparationReport> report;
};

/// One step; `active` says whether the config asks for it.
struct PreparationStep {
  const char* name;
  const char* description;
  bool (*active)(const DataConfig& config);
  /// Changes `data`, and returns what it did in words.
  std::string (*apply)(Prepared& data, const DataConfig& config, std::uint64_t seed);
};

/// In the order in which they run: duplicates, outliers, split, balance, dequantise, scale.
std::span<const PreparationStep> preparation_steps();

/// Runs the active steps.  Throws ConfigError for settings that do not fit the data, naming the key under [data].
Prepared prepare(const Dataset& data, const DataConfig& config, std::uint64_t seed);
/// Loads `config.source`, then prepares.
Prepared prepare(const DataConfig& config, std::uint64_t seed);

}  // namespace fokker
