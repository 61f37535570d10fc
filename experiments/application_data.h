#pragma once

#include <vector>

#include "fokker/experiments/findings.h"
#include "fokker/experiments/inputs.h"
#include "fokker/experiments/pictures.h"

namespace fokker {

/// What an application works on, of one row each.
struct ApplicationData {
  Tensor x;         // in the units of the data
  Tensor prepared;  // in those of the network
  std::vector<std::int64_t> labels = {};

  std::int64_t size() const { return x.extent(0); }
};

/// The first n samples (0: all) of the input, or without one of the run's held-out data.  An input may lie outside the
/// range of the run's data by `reach` times its width.  Throws ConfigError for one that lies farther out or is not finite,
/// and where there are no data; ShapeError for samples of another shape than the run's.
ApplicationData application_data(const TrainedRun& run, const ApplicationInput& input, std::int64_t n,
                                 double reach = 1);

/// Throws ConfigError where a run has no held-out data for an application to take.
void require_held_out(const Model& model);

/// A share of the data's range in the units of the network.  Throws ConfigError for data whose columns have different units.
double in_network_units(const DataFacts& facts, double share);

/// Root of the mean variance of an element of the training data, in the units of the network.
double data_deviation(const Prepared& data);

/// Rows 0, 0, …, 1, 1, …: each `times` times.
Tensor repeat_rows(const Tensor& x, std::int64_t times);

/// Mean and standard deviation over the `each` rows of every input, [N·each, …] → [N, …].
struct MeanAndSpread {
  Tensor mean, spread;
};
MeanAndSpread over_samples(const Tensor& x, std::int64_t each);

/// Means over the `each` values of every input.
std::vector<double> input_means(const std::vector<double>& values, std::int64_t each);

/// Root mean square difference of each row.
std::vector<double> row_distances(const Tensor& a, const Tensor& b);

/// A picture with a row for each of the first inputs: of every column its image or curve, or at most four where a column has
/// several samples of each input.  The first column has one; data that are neither image nor signal have no picture.
void add_rows(Findings& findings, const std::string& name, const std::vector<Tensor>& columns, const Look& look);

}  // namespace fokker
