#pragma once

#include "fokker/core/kernels/kernels.h"

// The functions that the units of this folder give to `table()`, once for each instruction set.
#define FOKKER_DECLARE_KERNELS(isa)                    \
  namespace fokker::kernels::isa {                     \
  extern const ByDtype<Elementwise> elementwise_table; \
  extern const ByDtype<Reduce> reduce_table;           \
  extern const ByDtype<Linear> linear_table;           \
  extern const ByDtype<Attention> attention_table;     \
  extern const ByDtype<Update> update_table;           \
  extern const ByDtype<Random> random_table;           \
  extern const Bf16 bf16_table;                        \
  }

FOKKER_DECLARE_KERNELS(baseline)
#if defined(__x86_64__)
FOKKER_DECLARE_KERNELS(v3)
FOKKER_DECLARE_KERNELS(v4)
#endif
