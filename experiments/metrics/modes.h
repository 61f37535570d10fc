#pragma once

#include <functional>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// The classes of labelled data as modes.  A point belongs to the class whose mean is nearest, where it lies within four of
/// that class's deviations, the root mean square over coordinates; an image to the class nearest in the features of a classifier, where both
/// features and pixels lie within twice the root mean square distance of that class's own.  A sample that belongs to none is not of high quality.
class Modes {
 public:
  /// `features` of images; empty for points.  Throws ConfigError for data without labels.
  Modes(const Dataset& training, std::function<Tensor(const Tensor&)> features);
  std::int64_t count() const { return static_cast<std::int64_t>(values_.reach.size()); }
  /// The mode of each row of x [N, D], or −1.
  std::vector<std::int64_t> of(const Tensor& x) const;

 private:
  struct Balls {
    Tensor mean;                // [modes, D], f64
    std::vector<double> reach;  // largest distance
  };
  /// `reach` in root mean square distances of the class.
  static Balls balls(const Tensor& x, const std::vector<std::int64_t>& labels, std::int64_t modes, double reach);

  std::function<Tensor(const Tensor&)> features_of_;  // none for points
  Balls values_, features_;
};

struct ModeCoverage {
  double covered;       // modes that hold at least `share` of their fair part of the samples, N/modes
  double high_quality;  // share of samples that belong to a mode
};
ModeCoverage mode_coverage(const std::vector<std::int64_t>& modes, std::int64_t count, double share);

}  // namespace fokker
