#pragma once

#include <memory>
#include <string>

#include "fokker/score/objectives/noising.h"

namespace fokker {

/// Settings of score matching by integration by parts [hyvarinen2005], which needs no score of the noise:
///   E‖s − ∇log p_t‖² = E[‖s‖² + 2 tr ∂s/∂x] + constant.
struct ScoreMatchingConfig {
  Parameterization parameterization = {};
  std::string weighting = "lambda";  // weighting of DenoisingConfig; "uniform" is the same as "lambda" here
  TimeSamplingConfig times = {};
  /// How tr ∂s/∂x and ‖s‖² are computed:
  ///   "exact"      a backward pass for each dimension
  ///   "sliced"     one backward pass, as vᵀ(∂s/∂x)v and (vᵀs)² of a random sign vector v [song2019b]
  ///   "sliced_vr"  as "sliced" but with ‖s‖² itself, which has less variance
  std::string trace = "exact";
};

/// The objective w(t) σ²(‖s‖² + 2 tr ∂s/∂x)/D at x_t = α x₀ + σ ε.  The expectation is that of denoising score matching
/// under the same weighting, less E w.
class ScoreMatching final : public Objective {
 public:
  /// Throws ConfigError for unknown names.
  explicit ScoreMatching(const ForwardSde& sde, ScoreMatchingConfig config = {});

  /// The network must be twice differentiable in its input.
  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  Score score(std::shared_ptr<const Network> network) const override;
  std::unique_ptr<Module> clone() const override { return std::make_unique<ScoreMatching>(*this); }

 private:
  /// ‖s‖² + 2 tr ∂s/∂x of each sample, or the sliced estimate, [B].
  Tensor divergence_form(const Tensor& score, const Tensor& x, const Shard& shard) const;

  std::shared_ptr<const ForwardSde> sde_;
  ScoreMatchingConfig config_;
  TimeSampler times_;
};

}  // namespace fokker
