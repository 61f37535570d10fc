#include "fokker/score/parameterization.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

constexpr const char* names[] = {"epsilon", "x0", "v", "score"};

/// ε = x·a + predicted·b
Conversion to_epsilon(Prediction from, double alpha, double sigma) {
  const double square = alpha * alpha + sigma * sigma;
  switch (from) {
    case Prediction::epsilon: return {0, 1};
    case Prediction::x0: return {1 / sigma, -alpha / sigma};
    case Prediction::v: return {sigma / square, alpha / square};
    case Prediction::score: return {0, -sigma};
  }
  return {};
}

/// wanted = x·a + ε·b
Conversion from_epsilon(Prediction to, double alpha, double sigma) {
  switch (to) {
    case Prediction::epsilon: return {0, 1};
    case Prediction::x0: return {1 / alpha, -sigma / alpha};
    case Prediction::v: return {-sigma / alpha, alpha + sigma * sigma / alpha};
    case Prediction::score: return {0, -1 / sigma};
  }
  return {};
}

}  // namespace

std::span<const char* const> prediction_names() { return names; }

Prediction prediction(const std::string& name) {
  const auto found = std::ranges::find(names, name);
  require<ConfigError>(found != std::end(names), "[prediction] expected one of {}, got {}", fmt::join(names, ", "),
                       name);
  return static_cast<Prediction>(found - std::begin(names));
}

Conversion convert(Prediction from, Prediction to, Marginal at) {
  if (from == to) return {0, 1};
  const bool divides_by_sigma = from == Prediction::x0 || to == Prediction::score;
  const bool divides_by_alpha = to == Prediction::x0 || to == Prediction::v;
  require<NumericalError>(
      (at.sigma > 0 || !divides_by_sigma) && (at.alpha > 0 || !divides_by_alpha),
      "[convert] {} has no {} at alpha = {}, sigma = {}; stay away from the end of the time interval",
      names[static_cast<int>(from)], names[static_cast<int>(to)], at.alpha, at.sigma);
  const Conversion inner = to_epsilon(from, at.alpha, at.sigma), outer = from_epsilon(to, at.alpha, at.sigma);
  return {outer.x + outer.predicted * inner.x, outer.predicted * inner.predicted};
}

Tensor convert(const Tensor& predicted, const Tensor& x, Prediction from, Prediction to, Marginal at) {
  const Conversion c = convert(from, to, at);
  return c.x == 0 ? predicted * c.predicted : weighted_sum({{c.x, x}, {c.predicted, predicted}});
}

double time_label(const ForwardSde& sde, double t) { return 1000 * sde.label(t); }

double input_scale(Marginal at) { return 1 / std::hypot(at.alpha, at.sigma); }

namespace {

Tensor score_of(const Network& network, const ForwardSde& sde, Prediction from, const Tensor& x, double t) {
  const Tensor label = Tensor::full({x.extent(0)}, time_label(sde, t), x.dtype());
  const Marginal m = sde.marginal(t);
  return convert(network(x * input_scale(m), label), x, from, Prediction::score, m);
}

}  // namespace

Score network_score(std::shared_ptr<const Network> network, const ForwardSde& sde, Prediction from) {
  std::shared_ptr<const Sde> kept = sde.clone();
  return [network = std::move(network), kept, from](const Tensor& x, double t) {
    return score_of(*network, static_cast<const ForwardSde&>(*kept), from, x, t);
  };
}

Score noise_score(const Network& network, const ForwardSde& sde) {
  return network_score(std::shared_ptr<const Network>(std::shared_ptr<void>(), &network), sde);
}

}  // namespace fokker
