#pragma once

#include "fokker/core/hdf5.h"
#include "fokker/experiments/runner.h"
#include "fokker/solvers/likelihood.h"

namespace fokker {

/// The settings of `fokker likelihood`.
struct DataLikelihoodConfig {
  std::int64_t n = 0;
  FlowConfig flow = {};
  DivergenceConfig divergence = {};

  static constexpr auto fields =
      std::tuple{field("n", &DataLikelihoodConfig::n, "the first samples of the held-out data; 0: all", at_least(0)),
                 field("flow", &DataLikelihoodConfig::flow, "the probability-flow ODE"),
                 field("divergence", &DataLikelihoodConfig::divergence, "its divergence")};
};

/// The density of a run's held-out data under its network, in the units of the data: the scaling's Jacobian is counted.
/// Whole numbers have a density that compares with other models' bits where `data.dequantise` spread them over [0, 1).
struct DataLikelihood {
  DataLikelihoodConfig config;
  Likelihood likelihood;  // log_density in nats
  Tensor bits;            // a dimension, [N]
  double mean = 0;        // of the bits
  double half_width = 0;  // of its 95 % interval over samples
};

/// Throws ConfigError where the run has no held-out data.
DataLikelihood data_likelihood(const TrainedRun& run, const DataLikelihoodConfig& config,
                               const RunOptions& options = {});

/// Replaces /evaluation/likelihood of a results file (docs/results.md).
void write_likelihood(Hdf5File& file, const DataLikelihood& found);

}  // namespace fokker
