#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// Times for the samples of a training batch, and 1/density of each relative to uniform labels from t_min on, by
/// which a loss must be multiplied to keep its expectation.
struct TimeDraw {
  std::vector<double> t, inverse_density;
};

/// How times are drawn: "uniform"; "stratified", one in each of `batch` equal strata; "antithetic", one offset for the
/// whole batch, (u + i/batch) mod 1 [kingma2021]; "importance", with density ∝ g²/σ², which turns the likelihood weighting
/// into a constant [song2021b]; "log_normal", log(σ/α) ~ N(mean, deviation²) [karras2022], which is a weighting of its own:
/// 1/density counts as 1.
struct TimeSamplingConfig {
  std::string kind = "stratified";
  double t_min = 1e-3;
  /// Labels are rounded down to this many, equally spaced from t_min to t_max: discrete times, as in DDPM, or for VE the
  /// geometric noise levels of NCSN [song2019].  0: continuous.
  std::int64_t levels = 0;
  double mean = -1.2, deviation = 1.2;  // of log_normal
};

class TimeSampler {
 public:
  /// Throws ConfigError for an unknown kind or numbers out of range.
  TimeSampler(TimeSamplingConfig config, const ForwardSde& sde);
  /// Times of samples [first, first + count) of the batch of `batch` samples that `step` trains on.
  TimeDraw draw(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t first,
                std::int64_t count) const;
  /// The number in [0, 1) that the time of sample i follows from; of "uniform", "stratified" and "antithetic".
  double unit(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t i) const;

  /// The time of level i of config.levels.
  double level_time(std::int64_t i) const;

  static std::span<const char* const> names();

 private:
  enum class Kind : std::uint8_t { uniform, stratified, antithetic, importance, log_normal };

  /// t at cumulative probability u of a uniform label.
  double uniform(double u) const;
  /// t and 1/density at cumulative probability u.
  std::pair<double, double> importance(double u) const;
  double log_normal(const Rng& rng, std::int64_t i) const;
  void make_cells();

  TimeSamplingConfig config_;
  Kind kind_;
  std::shared_ptr<const ForwardSde> sde_;
  double first_label_;
  std::vector<double> knots_, cumulative_;  // importance: a piecewise-constant density on geometric cells
};

}  // namespace fokker
