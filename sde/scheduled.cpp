#include "fokker/sde/scheduled.h"

#include <cmath>

namespace fokker {
namespace {

/// 1/(1 + e^−x), to full relative accuracy at both ends.
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

ScheduledSde::ScheduledSde(NoiseSchedule schedule, std::string name)
    : schedule_(std::move(schedule)),
      name_(std::move(name)),
      first_(schedule_.gamma(0)),
      span_(schedule_.gamma(1) - first_) {
  require<ConfigError>(span_ > 0, "[{}] expected gamma to rise from t = 0 to 1, got gamma = [{}, {}]", name_, first_,
                       first_ + span_);
}

ScheduledSde ScheduledSde::linear(double first, double last) {
  return ScheduledSde(
      {.gamma = [=](double t) { return first + t * (last - first); }, .rate = [=](double) { return last - first; }},
      "log_linear");
}

ScheduledSde ScheduledSde::sigmoid(double reach) {
  require<ConfigError>(reach > 0, "[sigmoid] expected a reach above 0, got {}", reach);
  constexpr double left_out = 3e-4;
  const double slope = 2 * reach * (1 - 2 * left_out), low = logistic(-reach), span = logistic(reach) - low;
  const auto place = [=](double t) { return reach * (2 * left_out - 1) + slope * t; };
  // α² = (v(reach) − v(x))/span and σ² = (v(x) − v(−reach))/span, v the logistic function.
  return ScheduledSde(
      {.gamma = [=](double t) { return std::log((logistic(place(t)) - low) / (low + span - logistic(place(t)))); },
       .rate =
           [=](double t) {
             const double v = logistic(place(t));
             return slope * v * (1 - v) * (1 / (v - low) + 1 / (low + span - v));
           }},
      "sigmoid");
}

ScheduledSde ScheduledSde::shifted(const ForwardSde& sde, double factor) {
  const auto kept = share(sde);
  const double begin = kept->t_min(), span = kept->t_max() - begin;
  const Marginal middle = kept->marginal(begin + 0.5 * span);
  require<ConfigError>(std::abs(middle.alpha * middle.alpha + middle.sigma * middle.sigma - 1) < 1e-9,
                       "[sde] expected a variance-preserving kind to shift the SNR of, got {}", sde.name());
  require<ConfigError>(factor > 0, "[sde] expected a shift above 0, got {}", factor);
  return ScheduledSde(
      {.gamma = [=](double t) { return -2 * (kept->marginal(begin + span * t).lambda() + std::log(factor)); },
       .rate =
           [=](double t) {
             const double at = begin + span * t, g = kept->diffusion_rate(at);
             const double sigma = kept->marginal(at).sigma;
             return span * g * g / (sigma * sigma);  // dγ/dt of a variance-preserving SDE
           }},
      sde.name() + " shifted");
}

Marginal ScheduledSde::marginal(double t) const {
  const double gamma = schedule_.gamma(t);
  return {std::sqrt(logistic(-gamma)), std::sqrt(logistic(gamma))};
}

double ScheduledSde::drift_rate(double t) const { return -0.5 * logistic(schedule_.gamma(t)) * schedule_.rate(t); }

double ScheduledSde::diffusion_rate(double t) const {
  return std::sqrt(logistic(schedule_.gamma(t)) * schedule_.rate(t));
}

double ScheduledSde::label(double t) const { return (schedule_.gamma(t) - first_) / span_; }

double ScheduledSde::time_of_label(double label) const { return time_of_lambda(-0.5 * (first_ + label * span_)); }

}  // namespace fokker
