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
/// into a constant [song2021b].
class TimeSampler {
 public:
  TimeSampler(const std::string& kind, const ForwardSde& sde, double t_min);
  /// Times of samples [first, first + count) of the batch of `batch` samples that `step` trains on.
  TimeDraw draw(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t first,
                std::int64_t count) const;

  static std::span<const char* const> names();

 private:
  double unit(std::uint64_t seed, std::uint32_t step, std::int64_t batch, std::int64_t i) const;
  /// t and 1/density at cumulative probability u.
  std::pair<double, double> importance(double u) const;

  enum class Kind : std::uint8_t { uniform, stratified, antithetic, importance } kind_;
  std::shared_ptr<const ForwardSde> sde_;
  double first_label_;
  std::vector<double> knots_, cumulative_;  // importance: a piecewise-constant density on geometric cells
};

}  // namespace fokker
