#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/prepared.h"
#include "fokker/sde/grey_levels.h"

namespace fokker {

/// The levels of whole-number data, as networks see them; none for data that are continuous, or were made so.
GreyLevels grey_levels(const Prepared& data);

/// One step; `active` says whether the config asks for it.
struct PreparationStep {
  const char* name;
  const char* description;
  bool (*active)(const DataConfig& config);
  /// Changes `data`, and returns what it did in words.
  std::string (*apply)(Prepared& data, const DataConfig& config, std::uint64_t seed);
};

/// x + u, u uniform in [0, 1), of x [N, …] f32; the noise of row i follows from `rng` and index[i] alone.
Tensor add_uniform(const Tensor& x, std::span<const std::int64_t> index, const Rng& rng);

/// In the order in which they run: missing, exclude, duplicates, outliers, split, thin, balance, dequantise, scale.
std::span<const PreparationStep> preparation_steps();

/// Runs the active steps.  Throws ConfigError for settings that do not fit the data, naming the key under [data].
Prepared prepare(const Dataset& data, const DataConfig& config, std::uint64_t seed);
/// Loads `config.source`, then prepares.
Prepared prepare(const DataConfig& config, std::uint64_t seed);

/// A part of prepared data, in the units of the data.
Dataset in_data_units(const Dataset& part, const Prepared& data);

}  // namespace fokker
