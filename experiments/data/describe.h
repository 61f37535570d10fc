#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Statistics of the finite values of one column of a table, or of all elements of other data together.
struct FeatureSummary {
  std::string name;
  double low, high, mean, deviation, median;
  std::int64_t distinct, missing;  // number of different values; number of values that are not finite
};

/// What data are like before anything is done to them.
struct DataDescription {
  std::string name, source, sha256;
  Shape shape;
  std::vector<FeatureSummary> features;  // one for each column of a table
  std::string categorical = {};          // columns that hold texts: "colour (3 texts)", or empty
  bool whole_numbers = false;
  std::int64_t missing_samples = 0;          // samples with values that are not finite; the counts below leave them out
  std::int64_t constant = 0;                 // elements that are equal in all samples
  std::int64_t duplicates = 0;               // samples that repeat an earlier one
  std::int64_t conflicts = 0;                // duplicates with another label than the earlier sample
  std::int64_t near_duplicates = 0;          // further samples that nearly repeat an earlier one
  std::int64_t outliers = 0;                 // samples 3 times farther from the fifth neighbour than the median
  std::vector<std::int64_t> class_counts{};  // number of samples of each label, or empty
};

/// Describes data.  Two samples are near duplicates where their root-mean-square difference is at most a hundredth of
/// the range.  In a table, differences and outliers are measured in units of each column's deviation.  Only the first
/// `most_compared` samples are compared with each other.
DataDescription describe(const Dataset& data);
inline constexpr std::int64_t most_compared = 20'000;

/// The description as lines of text.
std::vector<std::string> description_lines(const DataDescription& description);

}  // namespace fokker
