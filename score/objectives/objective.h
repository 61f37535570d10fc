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
  /// The row of the batch's noise that each row of x0 is paired with; empty: its own.
  std::vector<std::int64_t> noise_rows = {};
  bool training = true;  // false: without dropout

  std::int64_t rows() const { return x0.extent(0); }
  /// Numbers in a sample.
  std::int64_t dimension() const { return x0.size() / x0.extent(0); }
  /// The forward pass of the step.
  Pass pass() const;
};

struct ShardLoss {
  Tensor total;  // a scalar on the tape; the totals of all shards sum to the batch's loss
  /// Of each sample: the label of its time, in [0, 1], and its own error; empty where an objective has no times.
  std::vector<double> label = {}, error = {};
};

/// log(v/β̃) of the variance v that a model gives to x_s, s < t, on its way from x_t = x, against the posterior's β̃; [B, …].
using LogVarianceRatio = std::function<Tensor(const Tensor& x, double t, double s)>;

/// What training minimises, and the score that comes of it.  It may have parameters of its own, such as a noise schedule
/// that is learned; they are trained and averaged as the network's.
class Objective : public Module {
 public:
  virtual ShardLoss loss(const Network& network, const Shard& shard) const = 0;
  /// The diffusion that samples are drawn from; it follows the parameters as they are at this moment.
  virtual std::shared_ptr<const ForwardSde> sde() const = 0;
  /// The network as a score of that diffusion.  Throws ConfigError where the network is none.
  virtual Score score(std::shared_ptr<const Network> network) const = 0;
  /// The variances of reverse steps, where the network learns them; else empty: β̃.
  virtual LogVarianceRatio log_variance_ratio(std::shared_ptr<const Network> /*network*/) const { return {}; }
  /// Of the parameters of its own, as a multiple of the network's learning rate.
  virtual double rate() const { return 1; }
  /// Whether noise is paired with the samples of a batch by their values.
  virtual bool couples() const { return false; }
  /// The noise of each sample, for `Shard::noise_rows`; x0 is the whole batch.
  virtual std::vector<std::int64_t> coupling(const Tensor& /*x0*/, std::uint64_t /*seed*/,
                                             std::uint32_t /*step*/) const {
    return {};
  }
  /// Sees the labels and errors of a whole batch after its step, in the order of the samples.
  virtual void observe(std::span<const double> /*label*/, std::span<const double> /*error*/) {}
  void visit(const ParameterVisitor&) override {}
};

}  // namespace fokker
