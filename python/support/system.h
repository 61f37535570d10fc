#pragma once

#include "fokker/core/base/shape.h"
#include "fokker/experiments/training/system.h"

namespace fokker::python {

/// A trained system as Python sees it.
struct SystemHandle {
  System system;
  Shape sample;  // shape of one sample
};

}  // namespace fokker::python
