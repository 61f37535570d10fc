#include "fokker/sde/cosine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fokker {
namespace {

constexpr double offset = 0.008;
constexpr double rate = 0.5 * std::numbers::pi / (1 + offset);  // dθ/dt

}  // namespace

Marginal Cosine::marginal(double t) const {
  const double start = rate * offset, theta = rate * (t + offset);
  // cos²θ₀ − cos²θ = sin(θ − θ₀) sin(θ + θ₀): no cancellation near t = 0.
  const double variance = std::sin(rate * t) * std::sin(theta + start);
  return {std::cos(theta) / std::cos(start), std::sqrt(variance) / std::cos(start)};
}

double Cosine::drift_rate(double t) const { return -rate * std::tan(rate * (t + offset)); }

double Cosine::diffusion_rate(double t) const { return std::sqrt(-2 * drift_rate(t)); }

double Cosine::time_of_lambda(double lambda) const {
  // σ²/α² = cos²θ₀ (tan²θ − tan²θ₀)
  const double start = rate * offset, cosine = std::cos(start), tangent = std::tan(start);
  const double theta = std::atan(std::sqrt(tangent * tangent + std::exp(-2 * lambda) / (cosine * cosine)));
  return std::clamp(theta / rate - offset, 0.0, t_max());
}

}  // namespace fokker
