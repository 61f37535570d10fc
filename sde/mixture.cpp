#include "fokker/sde/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {

GaussianMixture::GaussianMixture(std::vector<std::vector<double>> means, std::vector<double> deviations,
                                 std::vector<double> weights)
    : means_(std::move(means)), deviations_(std::move(deviations)), weights_(std::move(weights)) {
  require<ConfigError>(!means_.empty() && !means_.front().empty(), "[mixture] expected at least one mean");
  const std::size_t k = means_.size();
  if (deviations_.size() == 1) deviations_.resize(k, deviations_.front());
  if (weights_.empty()) weights_.assign(k, 1);
  require<ConfigError>(deviations_.size() == k && weights_.size() == k,
                       "[mixture] expected {} deviations and weights, got {} and {}", k, deviations_.size(),
                       weights_.size());
  const auto finite = [](double value) { return std::isfinite(value); };
  for (std::size_t i = 0; i < k; ++i)
    require<ConfigError>(
        means_[i].size() == means_[0].size() && std::ranges::all_of(means_[i], finite) && deviations_[i] >= 0 &&
            weights_[i] > 0 && finite(deviations_[i] + weights_[i]),
        "[mixture] component {}: expected a mean of {} elements, deviation >= 0, weight > 0, all finite", i,
        means_[0].size());
  const double total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  constexpr double rounding = std::numeric_limits<double>::epsilon();
  if (std::abs(total - 1) > static_cast<double>(k) * rounding)
    for (double& w : weights_) w /= total;
}

std::vector<double> GaussianMixture::mean() const {
  std::vector<double> mean(means_[0].size());
  for (std::size_t k = 0; k < means_.size(); ++k)
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weights_[k] * means_[k][j];
  return mean;
}

std::vector<double> GaussianMixture::covariance() const {
  const std::vector<double> centre = mean();
  const std::size_t d = centre.size();
  std::vector<double> covariance(d * d);
  for (std::size_t k = 0; k < means_.size(); ++k)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        const double spread = i == j ? deviations_[k] * deviations_[k] : 0;
        covariance[i * d + j] += weights_[k] * (spread + (means_[k][i] - centre[i]) * (means_[k][j] - centre[j]));
      }
  return covariance;
}

GaussianMixture GaussianMixture::diffused(Marginal at) const {
  GaussianMixture result = *this;
  for (auto& mean : result.means_)
    for (double& m : mean) m *= at.alpha;
  for (double& s : result.deviations_) s = std::hypot(at.alpha * s, at.sigma);
  return result;
}

void GaussianMixture::check(const Tensor& x) const {
  require<ShapeError>(x.rank() > 0 && row_size(x) == dimension(),
                      "[mixture] expected points [B, ...] of {} elements, got {}", dimension(), x.shape());
}

detail::MixtureTerms GaussianMixture::terms(Marginal at) const {
  const auto d = static_cast<double>(dimension());
  detail::MixtureTerms terms{components(), dimension(), {}, {}, {}};
  terms.means.resize(means_.size() * means_[0].size());
  double* scaled = terms.means.data();
  for (std::size_t k = 0; k < means_.size(); ++k) {
    for (const double m : means_[k]) *scaled++ = at.alpha * m;
    const double s = at.alpha * deviations_[k], variance = s * s + at.sigma * at.sigma;
    require<NumericalError>(variance > 0, "[mixture] component {} has no density: its deviation is 0 at sigma = 0", k);
    terms.half_precision.push_back(0.5 / variance);
    terms.offset.push_back(std::log(weights_[k]) - 0.5 * d * std::log(variance));
  }
  return terms;
}

Tensor GaussianMixture::logits(const Tensor& x, const detail::MixtureTerms& terms) const {
  const std::int64_t k = components(), d = dimension();
  const Tensor means = Tensor::from(terms.means, {1, k, d}, x.dtype());
  const Tensor distance = sum(square(reshape(x, {x.extent(0), 1, d}) - means), {2});
  return Tensor::from(terms.offset, {k}, x.dtype()) - distance * Tensor::from(terms.half_precision, {k}, x.dtype());
}

Tensor GaussianMixture::log_density(const Tensor& x) const {
  check(x);
  return logsumexp(logits(x, terms({1, 0}))) - 0.5 * static_cast<double>(dimension()) * std::log(2 * std::numbers::pi);
}

Tensor GaussianMixture::score(const Tensor& x, Marginal at) const {
  check(x);
  const detail::MixtureTerms all = terms(at);
  if (!x.tracked() || !recording()) return detail::mixture_score(all, x);
  const std::int64_t k = components(), d = dimension(), n = x.extent(0);
  const Tensor precision = Tensor::from(all.half_precision, {k}, x.dtype()) * 2.0;
  const Tensor pull = reshape(softmax(logits(x, all)) * precision, {n, k, 1});
  const Tensor towards = Tensor::from(all.means, {1, k, d}, x.dtype()) - reshape(x, {n, 1, d});
  return reshape(sum(pull * towards, {1}), x.shape());
}

Tensor GaussianMixture::score(const Tensor& x) const { return score(x, {1, 0}); }

Score GaussianMixture::score(const ForwardSde& sde) const {
  return [mixture = std::make_shared<const GaussianMixture>(*this), kept = share(sde)](const Tensor& x, double t) {
    return mixture->score(x, kept->marginal(t));
  };
}

Tensor GaussianMixture::denoise(const Tensor& x, Marginal at) const {
  return weighted_sum({{1 / at.alpha, x}, {at.sigma * at.sigma / at.alpha, score(x, at)}});
}

Tensor GaussianMixture::sample(std::int64_t n, const Rng& rng, Dtype dtype, std::int64_t first) const {
  const std::int64_t d = dimension();
  const Rng choice = rng.with(Stream::label);
  const Tensor noise = rng.with(Stream::data).normal({n, d}, Dtype::f64, static_cast<std::uint64_t>(first * d));
  std::vector<double> values(static_cast<std::size_t>(n * d));
  for (std::int64_t i = 0; i < n; ++i) {
    double u = choice.uniform_at(static_cast<std::uint64_t>(first + i));
    std::size_t k = 0;
    while (k + 1 < means_.size() && u >= weights_[k]) u -= weights_[k++];
    for (std::int64_t j = 0; j < d; ++j)
      values[static_cast<std::size_t>(i * d + j)] =
          means_[k][static_cast<std::size_t>(j)] + deviations_[k] * noise.at(i * d + j);
  }
  return Tensor::from(values, {n, d}, dtype);
}

GaussianMixture GaussianMixture::ring(int components, double radius, double deviation) {
  std::vector<std::vector<double>> means;
  for (int k = 0; k < components; ++k) {
    const double angle = 2 * std::numbers::pi * k / components;
    means.push_back({radius * std::cos(angle), radius * std::sin(angle)});
  }
  return GaussianMixture(std::move(means), {deviation});
}

}  // namespace fokker
