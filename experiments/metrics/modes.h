#pragma once

#include <functional>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// The classes of labelled data as modes.  Each mode is a ball around the mean of a class, and a sample outside all
/// balls is not of high quality.  A point belongs to the class with the nearest mean.  It must lie within four
/// deviations of that class, where the deviation is a root mean square over coordinates.  An image belongs to the class
/// with the nearest mean in the features of a classifier.  Both its features and its pixels must lie within twice the
/// root mean square distance of that class's samples from their mean.
class Modes {
 public:
  /// `features` maps images [N, D] to their features and is empty for points.  Throws ConfigError for data without
  /// labels.
  Modes(const Dataset& training, std::function<Tensor(const Tensor&)> features);
  std::int64_t count() const { return static_cast<std::int64_t>(values_.reach.size()); }
  /// The mode of each row of x [N, D], or −1.
  std::vector<std::int64_t> of(const Tensor& x) const;

 private:
  struct Balls {
    Tensor mean;                // [modes, D], f64
    std::vector<double> reach;  // largest distance
  };
  /// `reach` is in root mean square distances of the class.
  static Balls balls(const Tensor& x, const std::vector<std::int64_t>& labels, std::int64_t modes, double reach);

  std::function<Tensor(const Tensor&)> features_of_;  // empty for points
  Balls values_, features_;
};

/// How well samples cover the modes.
struct ModeCoverage {
  double covered;       // number of modes that hold at least `share` of their fair part of the samples, N/modes
  double high_quality;  // share of samples that belong to a mode
};
ModeCoverage mode_coverage(const std::vector<std::int64_t>& modes, std::int64_t count, double share);

}  // namespace fokker
