#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "fokker/core/nn/module.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// A part of a batch: rows [first, first + x0.extent(0)) of the `batch` samples of training step `step`.
struct Shard {
  Tensor x0;
  std::uint64_t seed;
  std::uint32_t step;
  std::int64_t first, batch;
  Tensor target = {};        // for regression
  Condition condition = {};  // for networks that take one
  /// The row of the batch's noise that each row of x0 is paired with; empty: row i with row i.
  std::vector<std::int64_t> noise_rows = {};
  bool training = true;  // false: without dropout

  std::int64_t rows() const { return x0.extent(0); }
  /// The number of elements of a sample.
  std::int64_t dimension() const { return x0.size() / x0.extent(0); }
  /// The context of the step's forward pass.
  Pass pass() const;
};

/// The loss of a shard.
struct ShardLoss {
  Tensor total;  // a scalar on the tape; the totals of all shards sum to the batch's loss
  /// The time label of each sample, in [0, 1], and its error; empty where an objective has no times.
  std::vector<double> label = {}, error = {};
};

/// The log ratio log(v/β̃), like x [B, …], for a step from x_t = x to x_s with s < t.  v is the variance that a model
/// gives to x_s, and β̃ is that of the posterior.
using LogVarianceRatio = std::function<Tensor(const Tensor& x, double t, double s)>;

/// What training minimises, and the score that follows from it.  An objective may have parameters of its own, such as a
/// learned noise schedule.  They are trained and averaged like those of the network.
class Objective : public Module {
 public:
  /// The loss of a shard, on the tape.
  virtual ShardLoss loss(const Network& network, const Shard& shard) const = 0;
  /// The diffusion that samples are drawn from, with its present parameters.
  virtual std::shared_ptr<const ForwardSde> sde() const = 0;
  /// The network as a score of that diffusion.  Throws ConfigError where the network is no score.
  virtual Score score(std::shared_ptr<const Network> network) const = 0;
  /// The variances of reverse steps where the network learns them; else empty, which means β̃.
  virtual LogVarianceRatio log_variance_ratio(std::shared_ptr<const Network> /*network*/) const { return {}; }
  /// Learning rate of the objective's own parameters, as a multiple of the network's.
  virtual double rate() const { return 1; }
  /// Whether noise is paired with the samples of a batch by their values.
  virtual bool couples() const { return false; }
  /// The row of noise for each sample, for `Shard::noise_rows`, where x0 [B, …] is the whole batch.
  virtual std::vector<std::int64_t> coupling(const Tensor& /*x0*/, std::uint64_t /*seed*/,
                                             std::uint32_t /*step*/) const {
    return {};
  }
  /// Receives the labels and errors of a whole batch after its step, in the order of the samples.
  virtual void observe(std::span<const double> /*label*/, std::span<const double> /*error*/) {}
  void visit(const ParameterVisitor&) override {}
};

}  // namespace fokker
