#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/ode/ode.h"

namespace fokker {

/// How the probability-flow ODE  dx/dt = f x − ½ g² s(x, t)  [song2021] is solved between t_min and t_max.
struct FlowConfig {
  std::string method = "dopri5";
  double tolerance = 1e-5;
  std::int64_t steps = 0;
  std::string clock = "t";
  double t_min = 0;

  static constexpr auto fields = std::tuple{
      field("method", &FlowConfig::method, "method that solves the ODE", one_of(&ode_method_names)),
      field("tolerance", &FlowConfig::tolerance, "absolute and relative tolerance of each sample", above(0)),
      field("steps", &FlowConfig::steps,
            "number of equal steps in the clock, which replace the tolerance; 0: error control", at_least(0)),
      field("clock", &FlowConfig::clock, "variable in which the steps are taken", one_of("t", "log_snr")),
      field("t_min", &FlowConfig::t_min, "time of the data; 0: the SDE's own", at_least(0))};
};

/// What the solution of an ODE for a batch takes beside its configuration.
struct FlowOptions {
  std::int64_t shard = 0;  // samples that one worker carries at a time; 0: chosen by the shape; changes no bit
  /// Called with the work done and in all, at most 50 times a second, by one worker at a time; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

/// The result of an ODE for a batch.
struct Carried {
  Tensor x;
  std::vector<std::int64_t> evaluations;  // evaluations of the field for each sample
  double seconds = 0;
  /// Returns the mean of the evaluations, which is the NFE of a sample.
  double nfe() const;
};

namespace detail {

/// A function that makes the field of a shard, whose first sample has number `first`.
using FieldOfShard = std::function<SampleField(std::int64_t first, std::int64_t count)>;

/// Carries every sample of x from the start to the end of `interval`, in shards on
/// all workers, which call the fields at once.
Carried carry(const FieldOfShard& field, const Tensor& x, std::array<double, 2> interval, const OdeConfig& config,
              const FlowOptions& options);

/// The probability-flow ODE of a configuration: the drift in the clock, and the clock's readings at both ends.
struct ProbabilityFlow {
  ProbabilityFlow(const ForwardSde& sde, const Score& score, const FlowConfig& config);
  OdeConfig ode() const;
  /// `options` with all samples of x in one shard where the score takes its batches whole.
  template <class Options>
  Options fitted(Options options, const Tensor& x) const {
    if (!drift->takes_shards() && x.rank() > 0) options.shard = x.extent(0);
    return options;
  }

  FlowConfig config;
  std::shared_ptr<const Sde> drift;
  double at_data, at_prior;
};

}  // namespace detail
}  // namespace fokker
