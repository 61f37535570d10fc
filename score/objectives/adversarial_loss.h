#pragma once

#include <string>

#include "fokker/core/ops/autodiff.h"
#include "fokker/score/objectives/adversarial_config.h"

namespace fokker {

/// What generator and discriminator minimise, written in the logits d of real and generated samples:
///   non_saturating [goodfellow2014]:  D: softplus(−d_real) + softplus(d_fake),  G: softplus(−d_fake)
///   hinge [lim2017]:                  D: max(0, 1 − d_real) + max(0, 1 + d_fake),  G: −d_fake
enum class AdversarialLoss : std::uint8_t { non_saturating, hinge };

/// Returns the loss of this name.  Throws ConfigError, naming the known losses, for another name.
AdversarialLoss adversarial_loss(const std::string& name);

/// Loss of each sample, in the shape of the logits.
Tensor discriminator_loss(AdversarialLoss kind, const Tensor& real, const Tensor& fake);
Tensor generator_loss(AdversarialLoss kind, const Tensor& fake);

/// Squared gradient ‖∂d/∂x‖² of each sample, [B], which the R1 penalty weighs [mescheder2018].  The result is on the
/// tape.  `logits` [B] were computed from the leaf x [B, …], each from its own row.
Tensor gradient_penalty(const Tensor& logits, const Tensor& x);

}  // namespace fokker
