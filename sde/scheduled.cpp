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
