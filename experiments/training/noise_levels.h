#pragma once

#include <span>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// The errors of the samples in one part of the noise levels.
struct LevelErrors {
  std::int64_t count = 0;
  double mean = 0, deviation = 0;  // NaN without samples
};

/// The errors of training samples by noise level.  A noise level is the label of a sample's time, in [0, 1], which is
/// cut into equal parts.
class NoiseLevels {
 public:
  static constexpr std::int64_t parts = 20;

  void observe(std::span<const double> label, std::span<const double> error);
  /// The errors of all parts since the last call, from the least noise on; empty where nothing was observed.
  std::vector<LevelErrors> take();
  /// The sums so far, in live memory.
  Tensor state() const { return sums_; }

 private:
  Tensor sums_ = Tensor::zeros({3, parts}, Dtype::f64);  // samples, errors, squared errors
};

/// The part whose mean error fell by the smallest factor from `first` to `last`; −1 where none has samples in both.
std::int64_t least_improved(std::span<const LevelErrors> first, std::span<const LevelErrors> last);

}  // namespace fokker
