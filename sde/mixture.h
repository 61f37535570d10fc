#pragma once

#include <vector>

#include "fokker/sde/mixture_score.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// The law Σₖ wₖ N(μₖ, sₖ² I).  Under any ForwardSde the diffused law is again such a mixture, so that scores,
/// densities and denoisers are exact.  Points are rows of x [B, ...] with as many elements as a mean has.
class GaussianMixture {
 public:
  /// Takes one deviation for all components, or one for each.  Weights are normalised, and kept where they sum to one
  /// up to rounding; no weights mean equal ones.  Throws ConfigError for unequal lengths, deviations < 0, weights ≤ 0
  /// or values that are not finite.
  GaussianMixture(std::vector<std::vector<double>> means, std::vector<double> deviations,
                  std::vector<double> weights = {});

  std::int64_t components() const { return static_cast<std::int64_t>(means_.size()); }
  std::int64_t dimension() const { return static_cast<std::int64_t>(means_.front().size()); }
  const std::vector<std::vector<double>>& means() const { return means_; }
  const std::vector<double>& deviations() const { return deviations_; }
  const std::vector<double>& weights() const { return weights_; }
  std::vector<double> mean() const;
  /// Returns the covariance [dimension, dimension], row-major.
  std::vector<double> covariance() const;

  /// Returns the law of α x₀ + σ ε, with means α μₖ and variances α² sₖ² + σ².
  GaussianMixture diffused(Marginal at) const;
  /// Returns log p(x), [B]; differentiable.
  Tensor log_density(const Tensor& x) const;
  /// Returns ∇ log p(x), of x's shape; differentiable where x is tracked.
  Tensor score(const Tensor& x) const;
  /// Returns ∇ log p_t under `sde`; the result keeps copies of mixture and SDE.
  Score score(const ForwardSde& sde) const;
  /// Returns E[x₀ | α x₀ + σ ε = x], of x's shape.
  Tensor denoise(const Tensor& x, Marginal at) const;
  /// Returns the draws of numbers first … first + n − 1, [n, dimension].
  Tensor sample(std::int64_t n, const Rng& rng, Dtype dtype = Dtype::f32, std::int64_t first = 0) const;

  /// Makes equal components, evenly spaced on a circle in two dimensions.
  static GaussianMixture ring(int components = 8, double radius = 2, double deviation = 0.1);

 private:
  detail::MixtureTerms terms(Marginal at) const;
  Tensor score(const Tensor& x, Marginal at) const;
  /// Returns the logits log wₖ N(x; k) + ½ d log 2π, [B, components], in ops.
  Tensor logits(const Tensor& x, const detail::MixtureTerms& terms) const;
  void check(const Tensor& x) const;

  std::vector<std::vector<double>> means_;
  std::vector<double> deviations_, weights_;
};

}  // namespace fokker
