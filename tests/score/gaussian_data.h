#pragma once
// Data N(mu, s²) in every coordinate, for which denoisers, densities and reverse steps are known.

#include <cmath>
#include <numbers>
#include <vector>

#include "fokker/core/ops/elementwise.h"
#include "fokker/score/objectives/objective.h"

namespace fokker {

constexpr double data_mean = 0.6, data_deviation = 0.5;

inline Tensor gaussian_data(std::int64_t rows, std::int64_t dimension, std::uint32_t part) {
  return Rng(3, Stream::data, part).normal({rows, dimension}, Dtype::f64) * data_deviation + data_mean;
}

/// −E log p of a coordinate, in nats.
inline double gaussian_entropy() {
  return 0.5 * std::log(2 * std::numbers::pi * std::numbers::e * data_deviation * data_deviation);
}

/// Mean and standard error.
struct Estimate {
  double mean, error;
};
inline Estimate estimate(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (double v : values) sum += v;
  const auto n = static_cast<double>(values.size());
  for (double v : values) squares += (v - sum / n) * (v - sum / n);
  return {sum / n, std::sqrt(squares / (n - 1) / n)};
}
inline double z_value(const std::vector<double>& values) {
  const Estimate e = estimate(values);
  return e.mean / e.error;
}

}  // namespace fokker
