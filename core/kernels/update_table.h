#pragma once

#include <cstdint>

namespace fokker::kernels {

/// One step of Adam on n elements; bias corrections are folded in by the caller.
struct AdamArguments {
  double learning_rate, beta1, beta2, epsilon, decay;  // decay: learning_rate·weight_decay
  double correction1, correction2;                     // 1/(1 − β₁^t), 1/(1 − β₂^t)
  double gradient_scale;
};

struct Update {
  void (*adam)(const AdamArguments&, const void* gradient, void* parameter, void* m, void* v, std::int64_t n);
  /// average += (1 − decay)·(parameter − average)
  void (*ema)(double decay, const void* parameter, void* average, std::int64_t n);
};

}  // namespace fokker::kernels
