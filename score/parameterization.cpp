#include "fokker/score/parameterization.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

constexpr const char* names[] = {"epsilon", "x0", "v", "score", "velocity", "edm"};
constexpr const char* labels[] = {"index", "sigma", "log_sigma"};

const char* name_of(Prediction what) { return names[static_cast<int>(what)]; }

[[noreturn]] void fail(Prediction from, Prediction to, const Level& at) {
  throw NumericalError(
      fmt::format("[convert] {} has no {} at alpha = {}, sigma = {}; stay away from the end of the time interval",
                  name_of(from), name_of(to), at.alpha, at.sigma));
}

}  // namespace

std::span<const char* const> prediction_names() { return names; }
Prediction prediction(const std::string& name) { return Registry("[prediction]", names).number<Prediction>(name); }

TimeLabel time_label(const std::string& name) { return Registry("[time_label]", labels).number<TimeLabel>(name); }

Level level(const ForwardSde& sde, double t, double data_sigma) {
  const Marginal m = sde.marginal(t);
  const double f = sde.drift_rate(t), g = sde.diffusion_rate(t);
  return {m, f * m.alpha, f * m.sigma + g * g / (2 * m.sigma), data_sigma};
}

Combination combination(Prediction of, const Level& at) {
  const double deviation = std::hypot(at.alpha * at.data_sigma, at.sigma);
  switch (of) {
    case Prediction::epsilon: return {0, 1};
    case Prediction::x0: return {1, 0};
    case Prediction::v: return {-at.sigma, at.alpha};
    case Prediction::score: return {0, -1 / at.sigma};
    case Prediction::velocity: return {at.alpha_rate, at.sigma_rate};
    case Prediction::edm: return {at.sigma / at.data_sigma / deviation, -at.alpha * at.data_sigma / deviation};
  }
  return {};
}

Conversion convert(Prediction from, Prediction to, const Level& at) {
  if (from == to) return {0, 1};
  const Combination known = combination(from, at), wanted = combination(to, at);
  if (!std::isfinite(wanted.noise) || !std::isfinite(known.noise)) fail(from, to, at);
  if (known.data == 0 && wanted.data == 0) return {0, wanted.noise / known.noise};
  // The input x and the prediction are two equations for x₀ and ε.
  const double determinant = at.alpha * known.noise - at.sigma * known.data;
  if (determinant == 0 || !std::isfinite(determinant)) fail(from, to, at);
  return {(wanted.data * known.noise - wanted.noise * known.data) / determinant,
          (at.alpha * wanted.noise - at.sigma * wanted.data) / determinant};
}

Tensor convert(const Tensor& predicted, const Tensor& x, Prediction from, Prediction to, const Level& at) {
  const Conversion c = convert(from, to, at);
  return c.x == 0 ? predicted * c.predicted : weighted_sum({{c.x, x}, {c.predicted, predicted}});
}

double time_label(const ForwardSde& sde, double t, TimeLabel kind) {
  switch (kind) {
    case TimeLabel::index: return 1000 * sde.label(t);
    case TimeLabel::sigma: return std::exp(-sde.marginal(t).lambda());
    case TimeLabel::log_sigma: return -0.25 * sde.marginal(t).lambda();
  }
  return 0;
}

double input_scale(Marginal at, double data_sigma) { return 1 / std::hypot(at.alpha * data_sigma, at.sigma); }

Tensor ask(const Network& network, const ForwardSde& sde, const Parameterization& p, const Tensor& x, double t) {
  const Tensor label = Tensor::full({x.extent(0)}, time_label(sde, t, p.time_label), x.dtype());
  return network(p.scale_input ? x * input_scale(sde.marginal(t), p.data_sigma) : x, label);
}

Score network_score(std::shared_ptr<const Network> network, const ForwardSde& sde, const Parameterization& p) {
  return [network = std::move(network), kept = share(sde), p](const Tensor& x, double t) {
    return convert(ask(*network, *kept, p, x, t), x, p.prediction, Prediction::score, level(*kept, t, p.data_sigma));
  };
}

Score noise_score(const Network& network, const ForwardSde& sde) {
  return network_score(std::shared_ptr<const Network>(std::shared_ptr<void>(), &network), sde);
}

}  // namespace fokker
