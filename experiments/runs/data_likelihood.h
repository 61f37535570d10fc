#pragma once

#include <limits>

#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/runs/trained_run.h"
#include "fokker/experiments/statistics/intervals.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"

namespace fokker {

/// "discrete" and "continuous", the variational bounds; "ode", the probability-flow ODE.
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
      field("n", &DataLikelihoodConfig::n, "the first samples of the held-out data; 0: all", at_least(0)),
      field("bounds", &DataLikelihoodConfig::bounds, "the rows of the table", nonempty(), one_of(&bound_names)),
      field("discrete", &DataLikelihoodConfig::discrete, "the variational bound of finitely many steps"),
      field("continuous", &DataLikelihoodConfig::continuous, "the one of infinitely many"),
      field("flow", &DataLikelihoodConfig::flow,
            "the probability-flow ODE; whole numbers have the decoder's t_min, unless it is given"),
      field("divergence", &DataLikelihoodConfig::divergence, "its divergence"),
      field("dequantisations", &DataLikelihoodConfig::dequantisations,
            "draws of the noise that the ODE adds to a sample of whole numbers; more are tighter, and need the exact "
            "trace",
            at_least(1))};

  /// Throws ConfigError where a table's `terms` are not what its name says.
  void validate() const;
};

/// What a bound says about every held-out sample.
struct BoundRow {
  std::string name;
  Tensor bits;                                              // a dimension, [N], f64
  Interval interval = {};                                   // of their mean, 95 %, over samples
  double error = std::numeric_limits<double>::quiet_NaN();  // of the mean, over draws or probes; NaN where unknown
  double nfe = 0, seconds = 0;                              // evaluations a sample
  std::vector<std::pair<std::string, Tensor>> parts = {};   // in nats, [N]; of variational bounds
  std::vector<double> t = {};                               // of each evaluation of the score
  Tensor profile = {};                                      // mean nats of each, [t.size()]
};

/// Upper bounds on the bits a dimension that a run's model spends on its held-out data, the same samples for all.
///
/// Whole-number data:  bits of the probability of the numbers themselves.  The variational bounds decode to the levels of
/// the range; the ODE's density is averaged over u uniform around each number, x + u with u in [−½, ½), the bins of the
/// decoder [theis2016], and with K draws of u the bound is that of the mean of K densities [burda2016].  All leave off at
/// `decoding_time` unless their t_min says otherwise.
/// Where `data.dequantise` has added noise in [0, 1) to the data, the model is one of densities, no noise is added again,
/// and the bounds on the density of the noisy data are bounds on the bits of the numbers.
/// Other data:  bits of a density, in the units of the data.
struct DataLikelihood {
  DataLikelihoodConfig config;
  std::string basis;  // which of these, in words
  std::vector<BoundRow> rows;
};

/// Throws ConfigError where the run has no held-out data, or settings that do not fit them.
DataLikelihood data_likelihood(const TrainedRun& run, const DataLikelihoodConfig& config,
                               const RunOptions& options = {});

/// log density of the first n held-out samples (0: all) as they are, in nats and in the units of the data: the scaling's
/// Jacobian is counted.
Likelihood held_out_density(const TrainedRun& run, std::int64_t n, const LikelihoodConfig& config,
                            const RunOptions& options = {});

/// The table as lines of text.
std::vector<std::string> likelihood_lines(const DataLikelihood& found);
/// Replaces /evaluation/likelihood of a results file (docs/results.md).
void write_likelihood(Hdf5File& file, const DataLikelihood& found);

}  // namespace fokker
