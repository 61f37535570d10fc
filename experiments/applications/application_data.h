#pragma once

#include <vector>

#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/pictures.h"

namespace fokker {

/// What an application works on.  Each member has one row for each sample.
struct ApplicationData {
  Tensor x;         // [N, …] in the units of the data
  Tensor prepared;  // [N, …] in the units of the network
  std::vector<std::int64_t> labels = {};

  std::int64_t size() const { return x.extent(0); }
};

/// Returns the first n samples (0: all) of the input, or of the run's held-out data where there is no input.  An input
/// may lie outside the range of the run's data by `reach` times the width of that range.  Throws ConfigError for values
/// that lie farther out or are not finite, and where there are no data.  Throws ShapeError for samples of another shape
/// than the run's.
ApplicationData application_data(const TrainedRun& run, const ApplicationInput& input, std::int64_t n,
                                 double reach = 1);

/// Throws ConfigError where a run has no held-out data for an application to take.
void require_held_out(const Model& model);

/// Converts a share of the data's range to the units of the network.  Throws ConfigError for data whose columns have
/// different units.
double in_network_units(const DataFacts& facts, double share);

/// The root of the mean variance of an element of the training data, in the units of the network.
double data_deviation(const Prepared& data);

/// Repeats every row of x [N, …] `times` times: rows 0, 0, …, 1, 1, … of the result [N·times, …].
Tensor repeat_rows(const Tensor& x, std::int64_t times);

/// Mean and standard deviation over the `each` rows of every input, [N·each, …] → [N, …].
struct MeanAndSpread {
  Tensor mean, spread;
};
MeanAndSpread over_samples(const Tensor& x, std::int64_t each);

/// The mean over the `each` values of every input, [N·each] → [N].
std::vector<double> input_means(const std::vector<double>& values, std::int64_t each);

/// The root mean square difference of each row of a and b [N, …].
std::vector<double> row_distances(const Tensor& a, const Tensor& b);

/// Adds a picture with a row for each of the first inputs.  Each column shows its image or curve for that input, or at
/// most four where the column has several samples of each input.  The first column has one sample for each input.  Data
/// that are neither images nor signals have no picture.
void add_rows(Findings& findings, const std::string& name, const std::vector<Tensor>& columns, const Look& look);

}  // namespace fokker
