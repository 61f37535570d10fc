#pragma once

#include <string>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

// Loaders of files for the table of data sets.  `argument` is what stands after the name and a colon.

/// Loads "IMAGES,LABELS" or a folder with MNIST's files.
Dataset load_idx(const std::string& argument, const DatasetOptions& options);
Dataset load_mnist(const std::string& argument, const DatasetOptions& options);
Dataset load_npy(const std::string& argument, const DatasetOptions& options);
/// Loads "PATH#DATASET".
Dataset load_hdf5(const std::string& argument, const DatasetOptions& options);
/// Loads "PATH", "PATH,LABEL", or "PATH,LABEL,NAME,NAME" with the names of categorical columns.
Dataset load_csv(const std::string& argument, const DatasetOptions& options);
Dataset load_digits(const std::string& argument, const DatasetOptions& options);
Dataset load_breast_cancer(const std::string& argument, const DatasetOptions& options);

/// Converts values [N] to labels 0, 1, 2, … Throws ConfigError, naming `where`, for other values.
std::vector<std::int64_t> to_labels(const Tensor& values, const std::string& where);
/// Throws ConfigError, naming `where`, unless there are no labels or one for each sample.
void require_labels_fit(const Dataset& data, const std::string& where);
/// The range of the finite values of x, f32.
ValueRange range_of(const Tensor& x);

}  // namespace fokker
