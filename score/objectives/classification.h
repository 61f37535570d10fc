#pragma once

#include <functional>
#include <memory>

#include "fokker/score/objectives/objective.h"
#include "fokker/score/objectives/time_sampling.h"

namespace fokker {

/// Cross entropy of the labels given x_t, at times drawn as for a score [dhariwal2021]: its network is no score, but its
/// gradient guides one.
class NoisyClassification final : public Objective {
 public:
  NoisyClassification(const ForwardSde& sde, const TimeSamplingConfig& times) : sde_(share(sde)), times_(times, sde) {}

  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  Score score(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<NoisyClassification>(*this); }

 private:
  std::shared_ptr<const ForwardSde> sde_;
  TimeSampler times_;
};

/// Logits of a network that NoisyClassification has trained, of x_t at one time.
std::function<Tensor(const Tensor& x, double t)> noisy_logits(std::shared_ptr<const Network> network,
                                                              const ForwardSde& sde);

}  // namespace fokker
