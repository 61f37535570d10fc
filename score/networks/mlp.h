#pragma once

#include <vector>

#include "fokker/core/nn/dropout.h"
#include "fokker/core/nn/embedding.h"
#include "fokker/core/nn/linear.h"

namespace fokker {

/// Options of the multilayer perceptron.
struct MlpConfig {
  std::vector<std::int64_t> hidden = {256, 256, 256, 256};
  std::int64_t time_dimension = 64;  // size of the sinusoidal embedding
  bool residual = false;             // whether hidden layers are added to their input where the widths agree
  double dropout = 0;
  std::int64_t outputs = 0;  // numbers that it returns for a sample; 0: as many as it takes
  std::int64_t classes = 0;  // number of labels; 0: unconditional
  double label_dropout = 0;  // share of null labels in training
};

/// A multilayer perceptron with SiLU for samples of any shape, flattened to [B, D].  A projection of the embedding of
/// time and class shifts every hidden layer.  Where `outputs` is given, the last axis of the result has another extent
/// than that of x.
class Mlp final : public Network {
 public:
  Mlp(std::int64_t dimension, MlpConfig config, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Mlp>(*this); }
  void visit(const ParameterVisitor& visitor) override;
  std::int64_t classes() const override { return config_.classes; }

 private:
  std::int64_t dimension_;
  MlpConfig config_;
  TimeEmbedding time_embedding_;
  ClassEmbedding class_embedding_;
  std::vector<Linear> layers_, time_projections_;
  Linear out_;
};

}  // namespace fokker
