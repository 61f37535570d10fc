#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fokker/sde/sde.h"

namespace fokker {

/// Times for the samples of a training batch.  The density of a time is relative to uniform labels from t_min on;
/// multiplying a loss by 1/density keeps its expectation.
struct TimeDraw {
  std::vector<double> t, inverse_density;
};

/// How times are drawn.
///   "uniform"      independent labels
///   "stratified"   one label in each of `batch` equal strata
///   "antithetic"   one offset for the whole batch, (u + i/batch) mod 1 [kingma2021]
///   "importance"   density ∝ g²/σ², which turns the likelihood weighting into a constant [song2021b]
///   "log_normal"   log(σ/α) ~ N(mean, deviation²) [karras2022], a weighting of its own: 1/density counts as 1
struct TimeSamplingConfig {
  std::string kind = "stratified";
  double t_min = 1e-3;
  /// Number of equally spaced labels from t_min to t_max to which labels are rounded down; 0: continuous time.  Such
  /// times are discrete as in DDPM, or for VE the geometric noise levels of NCSN [song2019].
  std::int64_t levels = 0;
  double mean = -1.2, deviation = 1.2;  // parameters of log_normal
};

/// Draws the times of training batches.
class TimeSampler {
 public:
  /// Throws ConfigError for an unknown kind or numbers out of range.
  TimeSampler(TimeSamplingConfig config, const ForwardSde& sde);
  /// The times of samples [first, first + count) of the `batch` samples that step `step` trains on.
  TimeDraw draw(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t first,
                std::int64_t count) const;
  /// The number in [0, 1) from which the time of sample i follows.  It is defined for "uniform", "stratified" and
  /// "antithetic".
  double unit(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t i) const;

  /// The time of level i of config.levels.
  double level_time(std::int64_t i) const;

  static std::span<const char* const> names();

 private:
  enum class Kind : std::uint8_t { uniform, stratified, antithetic, importance, log_normal };

  /// The time at cumulative probability u of a uniform label.
  double uniform(double u) const;
  /// The time and 1/density at cumulative probability u.
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
