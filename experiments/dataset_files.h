#pragma once

#include <string>

#include "fokker/experiments/dataset.h"

namespace fokker {

// Data of files, for the table of data sets; `argument` is what stands behind the name and a colon.

/// "IMAGES,LABELS" or a folder with MNIST's files.
Dataset load_idx(const std::string& argument, const DatasetOptions& options);
Dataset load_mnist(const std::string& argument, const DatasetOptions& options);
Dataset load_npy(const std::string& argument, const DatasetOptions& options);
/// "PATH#DATASET"
Dataset load_hdf5(const std::string& argument, const DatasetOptions& options);
/// "PATH", "PATH,LABEL", or "PATH,LABEL,NAME,NAME" with the names of categorical columns.
Dataset load_csv(const std::string& argument, const DatasetOptions& options);
Dataset load_digits(const std::string& argument, const DatasetOptions& options);
Dataset load_breast_cancer(const std::string& argument, const DatasetOptions& options);

}  // namespace fokker
