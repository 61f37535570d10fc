#pragma once
// Everything, in reading order.

#include "fokker/core/error.h"
#include "fokker/core/tensor.h"
#include "fokker/core/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/conv.h"
#include "fokker/core/ops/norm.h"
#include "fokker/core/rng.h"
#include "fokker/core/parallel.h"
#include "fokker/core/hdf5.h"

#include "fokker/core/nn/module.h"
#include "fokker/core/optim/optimizer.h"

#include "fokker/sde/sde.h"

#include "fokker/solvers/solver.h"

#include "fokker/score/parameterization.h"
#include "fokker/score/denoising.h"
#include "fokker/score/mlp.h"
#include "fokker/score/unet.h"

#include "fokker/experiments/dataset.h"
#include "fokker/experiments/metrics.h"
