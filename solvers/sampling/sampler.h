#pragma once

#include <functional>
#include <vector>

#include "fokker/core/base/stop.h"
#include "fokker/sde/clock.h"
#include "fokker/solvers/sampling/sample_config.h"

namespace fokker {

/// What `sample` takes beside its configuration.
struct SampleOptions {
  Shape shape = {2};  // shape of one sample
  Dtype dtype = Dtype::f32;
  std::int64_t shard = 0;  // samples that one worker carries at a time; 0: chosen by the shape; changes no bit
  int trajectory = 0;      // number of states to keep, evenly spaced over the grid points, first and last among them
  bool allow_failures = false;  // whether to count samples that are not finite instead of throwing
  Tensor initial = {};          // states [n, …] at the first time, in place of draws of the prior
  /// Called with the sample-steps done and in all, at most 50 times a second, by one worker at a time; false cancels.
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

/// The result of `sample`.
struct Samples {
  Tensor values;   // [n, ...]
  double nfe = 0;  // evaluations of the score per sample, counted; a mean where samples differ
  double seconds = 0;
  Tensor trajectory;          // [frames, n, ...], before the final denoising
  std::vector<double> times;  // the times of the frames
  std::int64_t failures = 0;  // number of samples that are not finite
};

/// Returns the times of a configuration: those given, or those that its grid makes.
std::vector<double> sampling_times(const SampleConfig& config, const ForwardSde& sde);

/// Draws from the prior at t_max and carries the draws to t_min, in shards on all workers.  With `times`, the draws are
/// scaled to the noise of the first time.  Sample i is the same, to the bit, for any n, shard or number of threads.
/// Several threads call `score` at once, off the tape, unless it takes its batches whole.
/// Throws ConfigError for settings that do not fit together.  Throws NumericalError, which names sample and step, where
/// a sample is not finite.  Throws Cancelled where the progress callback returns false.
Samples sample(const Score& score, const ForwardSde& sde, const SampleConfig& config = {},
               const SampleOptions& options = {});

}  // namespace fokker
