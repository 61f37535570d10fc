#pragma once

#include "fokker/score/denoising.h"

namespace fokker {

/// The shard's part of the mean square error of the network's output against `shard.target`, a scalar on the tape.
Tensor regression_loss(const Network& network, const Shard& shard);

}  // namespace fokker
