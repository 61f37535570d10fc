#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fokker {

/// A measured order of convergence: the slope of log error against log step.
struct MeasuredOrder {
  /// The deviation that terms of higher order may cause at finite steps.
  static constexpr double margin = 0.1;

  double value = 0;
  double half_width = 0;  // half width of the 95 % interval; 0 where the errors are exact

  /// Whether the interval is narrow enough to tell orders apart.
  bool decided() const { return half_width < margin; }
  /// Whether the order may be the claimed one.  The two differ by less than the margin, to which the half width is
  /// added where the order is not decided.
  bool contains(double claimed) const;
};

namespace detail {
/// Returns the least-squares slope of −log₂ error on the level, from one error a level.  The steps of each level are
/// half those of the level before.
double order_of(std::span<const double> errors);

/// Bootstrap replicas of a set of paths, drawn from the set with replacement.
class Bootstrap {
 public:
  Bootstrap(std::int64_t paths, std::uint64_t seed);
  /// Returns the order of the root mean square over paths, from squared errors [levels, paths].
  MeasuredOrder order(std::span<const double> squares) const;

 private:
  std::vector<std::vector<int>> counts_;  // how often each replica has each path; the first replica is the set itself
};
}  // namespace detail

}  // namespace fokker
