#pragma once

#include <vector>

#include "fokker/core/nn/linear.h"

namespace fokker {

/// A plain regression network: linear layers with ReLU between them, over samples of any shape flattened to [B, D].
/// The network ignores the time.
class FeedForward final : public Network {
 public:
  FeedForward(std::int64_t dimension, const std::vector<std::int64_t>& hidden, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<FeedForward>(*this); }
  void visit(const ParameterVisitor& visitor) override { visitor("layers", layers_); }

 private:
  std::int64_t dimension_;
  std::vector<Linear> layers_;
};

}  // namespace fokker
