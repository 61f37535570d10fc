#pragma once

#include "fokker/core/shape.h"
#include "fokker/experiments/system.h"

namespace fokker::python {

/// A trained system as Python sees it.
struct SystemHandle {
  System system;
  Shape sample;  // shape of one sample
};

}  // namespace fokker::python
