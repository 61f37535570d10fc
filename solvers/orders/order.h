#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fokker {

/// An order of convergence: the slope of log error against log step.
struct MeasuredOrder {
  /// What finite steps may leave of the terms of higher order.
  static constexpr double margin = 0.1;

  double value = 0;
  double half_width = 0;  // of the 95 % interval; 0 where the errors are exact

  /// Whether the interval is narrow enough to tell orders apart.
  bool decided() const { return half_width < margin; }
  /// Whether the order may be the claimed one: they differ by less than the margin, which a wide interval widens.
  bool contains(double claimed) const;
};

namespace detail {
/// Least squares of −log₂ error on the level; the steps of a level are half those of the one before.
double order_of(std::span<const double> errors);

/// Replicas of a set of paths, drawn from it with replacement.
class Bootstrap {
 public:
  Bootstrap(std::int64_t paths, std::uint64_t seed);
  /// The order of the root mean square over paths, from squares [levels, paths].
  MeasuredOrder order(std::span<const double> squares) const;

 private:
  std::vector<std::vector<int>> counts_;  // how often a replica has each path; the first replica is the set itself
};
}  // namespace detail

}  // namespace fokker
