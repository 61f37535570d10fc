#pragma once

#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/data/prepare.h"

namespace fokker {

/// The settings of `fokker data describe`.
struct DescribeConfig {
  std::int64_t n = 0;
  std::uint64_t seed = 0;

  static constexpr auto fields =
      std::tuple{field("n", &DescribeConfig::n,
                       "number of samples: points of a toy, or the first ones of a file; 0: all", at_least(0)),
                 field("seed", &DescribeConfig::seed, "seed of a toy")};
};

/// The settings of `fokker data prepare`: those of the table [data], and a seed.
struct PrepareConfig : DataConfig {
  std::uint64_t seed = 0;

  static constexpr auto fields = std::tuple_cat(
      DataConfig::fields, std::tuple{field("seed", &PrepareConfig::seed, "seed of the split and of a toy")});
};

/// Writes GROUP/x with its range and names of features, GROUP/label and GROUP/target.  `hdf5:PATH#GROUP/x` loads them.
void write_dataset(Hdf5File& file, const std::string& group, const Dataset& data);

/// Writes prepared data as a file that `hdf5:PATH#training/x` (and held_out/x, excluded/x) loads with labels, names of
/// features and range.
///   /training, /held_out, /excluded   x, label, and index: rows of the original data
///   /scaling                          shift and scale: x = (original − shift)/scale
///   /report                           a line for each step
///   /config                           the settings
Hdf5File prepared_file(const Prepared& data, const PrepareConfig& config);

}  // namespace fokker
