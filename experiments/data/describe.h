#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// One column of a table, or all elements of other data together; of its finite values.
struct FeatureSummary {
  std::string name;
  double low, high, mean, deviation, median;
  std::int64_t distinct, missing;  // different values; those that are not finite
};

/// What data are like before anything is done to them.
struct DataDescription {
  std::string name, source, sha256;
  Shape shape;
  std::vector<FeatureSummary> features;  // one for each column of a table
  std::string categorical = {};          // columns that hold texts: "colour (3 texts)", or empty
  bool whole_numbers = false;
  std::int64_t missing_samples = 0;          // with values that are not finite; the counts below leave them out
  std::int64_t constant = 0;                 // elements that are equal in all samples
  std::int64_t duplicates = 0;               // samples that repeat an earlier one
  std::int64_t conflicts = 0;                // of these, with another label than it
  std::int64_t near_duplicates = 0;          // further ones that nearly do
  std::int64_t outliers = 0;                 // 3 times farther from the fifth neighbour than the median
  std::vector<std::int64_t> class_counts{};  // samples of each label, or empty
};

/// Nearly: by a root-mean-square difference of a hundredth of the range, or in a table of each column's deviation, in
/// which outliers are measured, too.  Pairs of samples are compared for at most `most_compared` of the first ones.
DataDescription describe(const Dataset& data);
inline constexpr std::int64_t most_compared = 20'000;

/// As lines of text.
std::vector<std::string> description_lines(const DataDescription& description);

}  // namespace fokker
