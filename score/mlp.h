#pragma once

#include <vector>

#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/embedding.h"
#include "fokker/core/nn/linear.h"

namespace fokker {

struct MlpConfig {
  std::vector<std::int64_t> hidden = {256, 256, 256, 256};
  std::int64_t time_dimension = 64;  // of the sinusoidal embedding
  double dropout = 0;
};

/// A multilayer perceptron with SiLU for samples of any shape, flattened to [B, D]; every hidden layer is shifted by a
/// projection of the time embedding.
class Mlp final : public Network {
 public:
  Mlp(std::int64_t dimension, MlpConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Mlp>(*this); }
  void visit(const ParameterVisitor& visitor) override;

 private:
  std::int64_t dimension_;
  MlpConfig config_;
  TimeEmbedding time_embedding_;
  std::vector<Linear> layers_, time_projections_;
  Linear out_;
};

}  // namespace fokker
