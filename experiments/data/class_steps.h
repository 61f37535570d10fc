#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fokker/experiments/data/prepared.h"

namespace fokker {

// Steps of the preparation that change the frequencies of classes.  Each returns in words what it did.  Each throws
// ConfigError for data without labels.

/// Moves the samples of config.exclude_classes to data.excluded, before the split.
std::string exclude_classes(Prepared& data, const DataConfig& config, std::uint64_t seed);
/// Keeps a share config.thin_share of the training samples of config.thin_class, at least one, chosen by the seed.
std::string thin_class(Prepared& data, const DataConfig& config, std::uint64_t seed);
/// Repeats the training rows of each class, whole and then in part, up to the size of the largest class.
std::string balance_classes(Prepared& data, const DataConfig& config, std::uint64_t seed);

/// Keeps these rows of the training samples, which hold all samples before the split.
void keep_rows(Prepared& data, const std::vector<std::int64_t>& kept);

}  // namespace fokker
