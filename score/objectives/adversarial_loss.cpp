#include "fokker/score/objectives/adversarial_loss.h"

#include <fmt/ranges.h>

#include "fokker/core/base/error.h"
#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {
namespace {

constexpr const char* names[] = {"non_saturating", "hinge"};
constexpr Registry table("[adversarial] loss:", names);

}  // namespace

std::vector<std::string> adversarial_loss_names() { return table.names(); }

AdversarialLoss adversarial_loss(const std::string& name) { return table.number<AdversarialLoss>(name); }

Tensor discriminator_loss(AdversarialLoss kind, const Tensor& real, const Tensor& fake) {
  if (kind == AdversarialLoss::hinge) return relu(1.0 - real) + relu(1.0 + fake);
  return softplus(-real) + softplus(fake);
}

Tensor generator_loss(AdversarialLoss kind, const Tensor& fake) {
  return kind == AdversarialLoss::hinge ? -fake : softplus(-fake);
}

Tensor gradient_penalty(const Tensor& logits, const Tensor& x) {
  return sample_sum(square(grad(sum(logits), x, true)));
}

}  // namespace fokker
