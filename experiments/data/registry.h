#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// One kind of data: "name", or "name:ARGUMENT" where it takes one.
struct DatasetEntry {
  const char* name;
  const char* argument;  // "PATH", or empty
  const char* description;
  Dataset (*load)(const std::string& argument, const DatasetOptions& options);
};

std::span<const DatasetEntry> dataset_entries();
std::vector<std::string> dataset_names();

/// Data by name: "digits", "mnist", "idx:PATH", "npy:PATH", "csv:PATH", "hdf5:PATH#dataset", or a toy.  Throws ConfigError for an unknown
/// name (with the nearest ones), unusable content or non-finite values, and IoError for a file that cannot be read.
Dataset load_dataset(const std::string& source, const DatasetOptions& options = {});

}  // namespace fokker
