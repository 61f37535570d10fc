#pragma once

#include <memory>

#include "fokker/core/base/precision.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// A score that counts the samples on which it is evaluated, so that an NFE is measured, never declared.  It multiplies
/// in `precision`.  Copies share the count, and one thread at a time may use them.
class CountedScore {
 public:
  explicit CountedScore(Score score, Precision precision = Precision::f32)
      : score_(std::move(score)), precision_(precision), count_(std::make_shared<std::int64_t>(0)) {}
  Tensor operator()(const Tensor& x, double t) const {
    *count_ += x.extent(0);
    const MixedPrecision scope(precision_);
    return score_(x, t);
  }
  /// Returns the evaluations so far, summed over samples.
  std::int64_t count() const { return *count_; }

 private:
  Score score_;
  Precision precision_;
  std::shared_ptr<std::int64_t> count_;
};

}  // namespace fokker
