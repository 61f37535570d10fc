#include "fokker/sde/interpolant.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fokker {
namespace {

constexpr double theta = 0.5 * std::numbers::pi;

}  // namespace

double RectifiedFlow::diffusion_rate(double t) const { return std::sqrt(2 * t / (1 - t)); }

double RectifiedFlow::time_of_lambda(double lambda) const { return std::min(1 / (1 + std::exp(lambda)), t_max()); }

Marginal TrigonometricFlow::marginal(double t) const { return {std::cos(theta * t), std::sin(theta * t)}; }

double TrigonometricFlow::drift_rate(double t) const { return -theta * std::tan(theta * t); }

double TrigonometricFlow::diffusion_rate(double t) const { return std::sqrt(-2 * drift_rate(t)); }

double TrigonometricFlow::time_of_lambda(double lambda) const {
  return std::min(std::atan(std::exp(-lambda)) / theta, t_max());
}

}  // namespace fokker
