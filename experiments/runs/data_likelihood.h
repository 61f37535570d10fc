#pragma once

#include <limits>

#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/runs/trained_run.h"
#include "fokker/experiments/statistics/intervals.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"

namespace fokker {

/// The names of the bounds: "discrete" and "continuous" are variational bounds, "ode" is the probability-flow ODE.
std::vector<std::string> bound_names();

/// The settings of `fokker likelihood`.
struct DataLikelihoodConfig {
  std::int64_t n = 0;
  std::vector<std::string> bounds = bound_names();
  BoundConfig discrete = {};
  BoundConfig continuous = {.terms = "continuous", .steps = 100, .draws = 2};
  FlowConfig flow = {.tolerance = 1e-3};
  DivergenceConfig divergence = {};
  std::int64_t dequantisations = 1;

  static constexpr auto fields = std::tuple{
      field("n", &DataLikelihoodConfig::n, "number of the first samples of the held-out data; 0: all", at_least(0)),
      field("bounds", &DataLikelihoodConfig::bounds, "names of the bounds, which are the rows of the table", nonempty(),
            one_of(&bound_names)),
      field("discrete", &DataLikelihoodConfig::discrete, "settings of the variational bound with finitely many steps"),
      field("continuous", &DataLikelihoodConfig::continuous, "settings of the variational bound in continuous time"),
      field("flow", &DataLikelihoodConfig::flow,
            "settings of the probability-flow ODE; for whole numbers t_min is that of the decoder, unless it is given"),
      field("divergence", &DataLikelihoodConfig::divergence, "settings of the divergence in the probability-flow ODE"),
      field("dequantisations", &DataLikelihoodConfig::dequantisations,
            "number of noise draws that the ODE adds to a sample of whole numbers; more are tighter, and need the "
            "exact trace",
            at_least(1))};

  /// Throws ConfigError where a table's `terms` are not what its name says.
  void validate() const;
};

/// What a bound says about every held-out sample.
struct BoundRow {
  std::string name;
  Tensor bits;             // bits a dimension, [N], f64
  Interval interval = {};  // 95 % interval of their mean over samples
  double error =
      std::numeric_limits<double>::quiet_NaN();  // standard error of the mean, over draws or probes; NaN where unknown
  double nfe = 0, seconds = 0;                   // evaluations for each sample
  std::vector<std::pair<std::string, Tensor>> parts = {};  // parts of variational bounds, in nats, [N]
  std::vector<double> t = {};                              // time of each evaluation of the score
  Tensor profile = {};                                     // mean nats of each evaluation, [t.size()]
};

/// Upper bounds on the bits a dimension that a run's model spends on its held-out data.  All bounds are of the same
/// samples.
///
/// Whole-number data have bits of the probability of the numbers themselves.  The variational bounds decode to the
/// levels of the range.  The ODE's density is averaged over x + u, with u uniform in [−½, ½): the bins of the decoder
/// [theis2016].  With K draws of u, the bound is that of the mean of K densities [burda2016].  All bounds stop at
/// `decoding_time` unless their t_min is given.
///
/// Where `data.dequantise` has added noise in [0, 1) to the data, the model is one of densities.  No noise is added
/// again, and the bounds on the density of the noisy data are bounds on the bits of the numbers.
///
/// Other data have bits of a density, in the units of the data.
struct DataLikelihood {
  DataLikelihoodConfig config;
  std::string basis;  // the kind of bits, in words
  std::vector<BoundRow> rows;
};

/// Evaluates the bounds.  Throws ConfigError where the run has no held-out data, or for settings that do not fit the
/// data.
DataLikelihood data_likelihood(const TrainedRun& run, const DataLikelihoodConfig& config,
                               const RunOptions& options = {});

/// The log density of the first n held-out samples (0: all), without added noise, in nats and in the units of the data.
/// The Jacobian of the scaling is counted.
Likelihood held_out_density(const TrainedRun& run, std::int64_t n, const LikelihoodConfig& config,
                            const RunOptions& options = {});

/// The table as lines of text.
std::vector<std::string> likelihood_lines(const DataLikelihood& found);
/// Replaces /evaluation/likelihood of a results file (docs/results.md).
void write_likelihood(Hdf5File& file, const DataLikelihood& found);

}  // namespace fokker
