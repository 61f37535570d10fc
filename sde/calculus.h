#pragma once

#include "fokker/sde/sde.h"

namespace fokker {

/// Returns Σⱼ (gⱼ · ∇) gⱼ over the columns gⱼ of the diffusion, of x's shape, by autodiff.  This is twice the
/// difference between the Itô and the Stratonovich drift [kloeden1992, §4.9].  Throws ConfigError where the diffusion
/// is not written in ops.
Tensor noise_correction(const Sde& sde, const Tensor& x, double t);

/// Return the SDE that has the same solution in the other calculus: the drift gains or loses half of
/// `noise_correction`.  An SDE that is in the wanted calculus already is copied.
std::unique_ptr<Sde> to_ito(const Sde& sde);
std::unique_ptr<Sde> to_stratonovich(const Sde& sde);

}  // namespace fokker
