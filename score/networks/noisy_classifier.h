#pragma once

#include <memory>
#include <vector>

#include "fokker/core/nn/module.h"

namespace fokker {

/// Maps x_t [B, …] and a time label to logits [B, classes].  The encoder is that of discriminators: residual blocks of
/// the U-Net at each level for images, a multilayer perceptron for points.
class NoisyClassifier final : public Network {
 public:
  /// `widths` are the channels of the levels or the widths of the hidden layers.  Throws ConfigError for fewer than two
  /// classes.
  NoisyClassifier(std::vector<std::int64_t> widths, std::int64_t classes, const Shape& sample, const Rng& rng);

  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass = {}) const override;
  NoisyClassifier(const NoisyClassifier& other)
      : encoder_(static_cast<Network*>(other.encoder_->clone().release())), classes_(other.classes_) {}
  std::unique_ptr<Module> clone() const override { return std::make_unique<NoisyClassifier>(*this); }
  void visit(const ParameterVisitor& visitor) override { encoder_->visit(visitor); }
  std::int64_t classes() const override { return classes_; }

 private:
  std::unique_ptr<Network> encoder_;
  std::int64_t classes_;
};

}  // namespace fokker
