#pragma once

#include "fokker/score/objectives/objective.h"

namespace fokker {

/// Mean square error of the network's output [B, …] against the targets of the data.  The network is no score.
class Regression final : public Objective {
 public:
  explicit Regression(const ForwardSde& sde) : sde_(share(sde)) {}
  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  Score score(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Regression>(*this); }

 private:
  std::shared_ptr<const ForwardSde> sde_;
};

}  // namespace fokker
