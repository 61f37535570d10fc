#include "fokker/solvers/ode/latent.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

Carried through(const detail::ProbabilityFlow& flow, const Tensor& x, std::array<double, 2> interval,
                const FlowOptions& options) {
  const auto field = [&](std::int64_t, std::int64_t) -> SampleField {
    return [&](const Tensor& at, double t, std::span<const std::size_t>) { return flow.drift->drift(at, t); };
  };
  return detail::carry(field, x, interval, flow.ode(), flow.fitted(options, x));
}

}  // namespace

Carried encode(const Score& score, const ForwardSde& sde, const Tensor& x, const FlowConfig& config,
               const FlowOptions& options) {
  const detail::ProbabilityFlow flow(sde, score, config);
  return through(flow, x, {flow.at_data, flow.at_prior}, options);
}

Carried decode(const Score& score, const ForwardSde& sde, const Tensor& latent, const FlowConfig& config,
               const FlowOptions& options) {
  const detail::ProbabilityFlow flow(sde, score, config);
  return through(flow, latent, {flow.at_prior, flow.at_data}, options);
}

Tensor slerp(const Tensor& a, const Tensor& b, double weight) {
  require<ShapeError>(a.shape() == b.shape() && a.rank() > 0 && a.extent(0) > 0,
                      "[slerp] expected two batches of one shape, got {} and {}", to_string(a.shape()),
                      to_string(b.shape()));
  require<ConfigError>(std::isfinite(weight), "[slerp] expected a finite weight, got {}", weight);
  const std::int64_t n = a.extent(0), width = a.size() / n;
  std::vector<double> of_a, of_b;
  for (std::int64_t i = 0; i < n; ++i) {
    double aa = 0, bb = 0, ab = 0;
    for (std::int64_t k = i * width; k < (i + 1) * width; ++k) {
      aa += a.at(k) * a.at(k);
      bb += b.at(k) * b.at(k);
      ab += a.at(k) * b.at(k);
    }
    const double length = std::sqrt(aa * bb);
    const double angle = length > 0 ? std::acos(std::clamp(ab / length, -1.0, 1.0)) : 0, sine = std::sin(angle);
    const bool straight = sine < 1e-6;
    of_a.push_back(straight ? 1 - weight : std::sin((1 - weight) * angle) / sine);
    of_b.push_back(straight ? weight : std::sin(weight * angle) / sine);
  }
  const auto column = [&](const std::vector<double>& values) { return Tensor::from(values, {n, 1}, a.dtype()); };
  const Tensor mixed = reshape(a.detach(), {n, width}) * column(of_a) + reshape(b.detach(), {n, width}) * column(of_b);
  return reshape(mixed, a.shape());
}

Tensor interpolate(const Score& score, const ForwardSde& sde, const Tensor& a, const Tensor& b,
                   std::span<const double> weights, const FlowConfig& config) {
  require<ConfigError>(!weights.empty(), "[interpolate] expected at least one weight");
  const Tensor first = encode(score, sde, a, config).x, last = encode(score, sde, b, config).x;
  std::vector<Tensor> latents;
  for (const double weight : weights) latents.push_back(slerp(first, last, weight));
  const Tensor decoded = decode(score, sde, concat(latents, 0), config).x;
  return reshape(decoded, with_axis(a.shape(), 0, static_cast<std::int64_t>(weights.size())));
}

}  // namespace fokker
