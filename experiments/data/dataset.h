#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The interval that values come from, in the units of the data; [0, 16] for the digits.
struct ValueRange {
  double low = 0, high = 1;
};

/// Samples, and where they came from.
struct Dataset {
  Tensor x = {};                           // [N, …] f32; images are [N, height, width, channels]
  std::vector<std::int64_t> labels = {};   // a class for each sample, or empty
  Tensor target = {};                      // [N, …] for regression, or undefined
  std::vector<std::string> captions = {};  // what each image shows, or empty
  std::vector<std::int64_t> tokens =
      {};  // numbers of the captions, [N, length], once they are read (score/networks/tokenizer.h)
  std::vector<std::int64_t> pairs = {};       // rows with one number show one thing under several labels; or empty
  std::vector<bool> held_out = {};            // split that comes with the data, or empty
  std::vector<std::string> features = {};     // names of the columns of a table [N, D], or empty
  std::string label_name = "label";           // name of a table's column of labels
  std::vector<std::string> label_texts = {};  // text of that column for each class; empty: the number of the class
  bool signals = false;                       // whether x [N, length] are values of one quantity over time
  std::string name = {};                      // "digits"
  ValueRange range = {};
  std::string source = {};  // who made it, and its licence where known
  std::string sha256 = {};  // hash of the file, or of the values of a toy

  std::int64_t size() const { return x.defined() ? x.extent(0) : 0; }
  bool images() const { return x.defined() && x.rank() == 4; }
  /// One more than the largest label; 0 without labels.
  std::int64_t classes() const;
};

/// How data are loaded.
struct DatasetOptions {
  std::int64_t n = 0;      // samples of a toy (0: 10,000), or the largest number of first samples of a file (0: all)
  std::uint64_t seed = 0;  // seed of a toy
  bool allow_missing = false;  // whether values may be not finite
};

/// The shape of one sample.
Shape sample_shape(const Dataset& data);

/// Rows `indices` of the data with their labels, captions and targets, in that order.
Dataset subset(const Dataset& data, std::span<const std::int64_t> indices);

}  // namespace fokker
