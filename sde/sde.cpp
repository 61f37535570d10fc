#include "fokker/sde/sde.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"

namespace fokker {

const char* to_string(Noise noise) {
  switch (noise) {
    case Noise::none: return "none";
    case Noise::additive: return "additive";
    case Noise::diagonal: return "diagonal";
    case Noise::scalar: return "scalar";
    case Noise::general: return "general";
  }
  return "";
}

const char* to_string(Calculus calculus) { return calculus == Calculus::ito ? "Itô" : "Stratonovich"; }

Shape Sde::noise_shape(const Shape& x) const {
  if (noise() != Noise::scalar) return x;
  Shape one_each = x;
  for (int axis = 1; axis < x.rank(); ++axis) one_each = with_extent(one_each, axis, 1);
  return one_each;
}

double Marginal::lambda() const { return std::log(alpha) - std::log(sigma); }

Tensor ForwardSde::drift(const Tensor& x, double t) const { return x * drift_rate(t); }

Tensor ForwardSde::diffusion(const Tensor& x, double t) const { return Tensor::scalar(diffusion_rate(t), x.dtype()); }

Tensor ForwardSde::prior(const Shape& shape, const Rng& rng, Dtype dtype, std::int64_t first_sample) const {
  require<ShapeError>(shape.rank() > 0 && first_sample >= 0, "[prior] expected a shape [B, ...], got {}",
                      to_string(shape));
  const auto elements = static_cast<std::uint64_t>(shape[0] > 0 ? shape.size() / shape[0] : 0);
  const auto first = static_cast<std::uint64_t>(first_sample) * elements;
  return rng.with(Stream::prior).normal(shape, dtype, first) * prior_sigma();
}

double ForwardSde::time_of_lambda(double lambda) const {
  double low = 0, high = t_max();
  if (marginal(low).lambda() <= lambda) return low;
  if (marginal(high).lambda() >= lambda) return high;
  while (true) {
    const double middle = 0.5 * (low + high);
    if (!(middle > low && middle < high)) return high;
    (marginal(middle).lambda() > lambda ? low : high) = middle;
  }
}

std::shared_ptr<const ForwardSde> share(const ForwardSde& sde) {
  return std::shared_ptr<const ForwardSde>(static_cast<const ForwardSde*>(sde.clone().release()));
}

}  // namespace fokker
