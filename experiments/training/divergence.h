#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/core/nn/module.h"
#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// What a step computed, before it changes anything.
struct StepNumbers {
  std::int64_t step;  // counted from 1
  double loss, gradient_norm;
  std::span<const NamedParameter> parameters;
  std::span<const Tensor> gradients;
  const Dataset& data;
};

/// Stops a training whose numbers run away.  A number that is not finite stops it.  A loss stops it where it exceeds
/// the median of the earlier losses by more than `factor` times their size: the larger of the median itself and the
/// median distance to it.
class DivergenceGuard {
 public:
  /// With factor 0 any finite loss passes.
  explicit DivergenceGuard(double factor) : factor_(factor) {}
  /// Remembers the loss.  Throws NumericalError that names the step and the tensor where the numbers run away.
  void check(const StepNumbers& numbers);
  /// The last losses, in live memory.
  Tensor state() const { return losses_; }

 private:
  static constexpr std::int64_t window = 64, enough = 16;
  double largest_loss(std::int64_t known) const;

  double factor_;
  Tensor losses_ = Tensor::zeros({window}, Dtype::f64);
};

/// Throws NumericalError, naming the first parameter that holds a value that is not finite.
void check_finite(std::span<const NamedParameter> parameters, std::int64_t step);

}  // namespace fokker
