#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/statistics/figure.h"

namespace fokker {

/// The shares of normal samples and of anomalies above each threshold, from (0, 0) to (1, 1), with a point for each
/// distinct score.
struct RocCurve {
  std::vector<double> false_alarms, detected;
};
/// The curve of scores that are high for anomalies.  Throws ShapeError unless there are both kinds, and NumericalError
/// for NaN.
RocCurve roc_curve(std::span<const double> normal, std::span<const double> anomalous);

/// The area under the curve, P(anomaly above normal) + ½ P(equal), with DeLong's 95 % interval [delong1988] on the
/// logit scale.  Where the two kinds do not overlap, DeLong's variance is zero.  The bound is then Wilson's for as many
/// successes as the smaller kind has samples.
Figure auroc(std::string name, std::span<const double> normal, std::span<const double> anomalous);

/// A threshold that scores of normal data exceed at a stated rate.
struct AlarmThreshold {
  double value;
  double rate;       // expected over calibration sets: (n + 1 − k)/(n + 1)
  double low, high;  // 95 % interval of the rate that this one threshold has on new normal data
};

/// The k-th smallest of n scores of normal data, with k = ⌈(n + 1)(1 − rate)⌉.  A new sample exceeds it with a
/// probability of at most `rate`, for any continuous law of the scores.  Given the threshold, that probability follows
/// Beta(n + 1 − k, k) [vovk2012].  Throws ConfigError where n is too small for the rate, naming the n that it takes.
AlarmThreshold alarm_threshold(std::vector<double> normal, double rate);

}  // namespace fokker
