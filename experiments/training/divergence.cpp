#include "fokker/experiments/training/divergence.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/quantile.h"
#include "fokker/core/optim/optimizer.h"

namespace fokker {
namespace {

double norm_of(const Tensor& tensor) { return gradient_norm(std::span(&tensor, 1)); }

/// The first row of the data with a value that is not finite, or −1.
std::int64_t bad_sample(const Tensor& x) {
  const std::int64_t rows = x.extent(0), each = x.size() / std::max<std::int64_t>(rows, 1);
  const auto values = x.data<float>();
  for (std::int64_t i = 0; i < x.size(); ++i)
    if (!std::isfinite(values[static_cast<std::size_t>(i)])) return i / each;
  return -1;
}

struct Largest {
  std::string name;
  double norm = -1;
};

/// The name and the norm of the tensor of largest norm, among the gradients or the parameters.
Largest largest(const StepNumbers& numbers, bool gradients) {
  Largest result;
  for (std::size_t i = 0; i < numbers.parameters.size(); ++i) {
    const double norm = norm_of(gradients ? numbers.gradients[i] : *numbers.parameters[i].tensor);
    if (norm > result.norm) result = {numbers.parameters[i].name, norm};
  }
  return result;
}

[[noreturn]] void blame_loss(const StepNumbers& numbers) {
  const std::int64_t before = numbers.step - 1;
  check_finite(numbers.parameters, before);
  const std::int64_t row = bad_sample(numbers.data.x);
  require<NumericalError>(row < 0, "[train] step {}: the loss is {}, since sample {} of the data is not finite",
                          numbers.step, numbers.loss, row);
  const Largest most = largest(numbers, false);
  throw NumericalError(fmt::format(
      "[train] step {}: the loss is {}; the largest parameter is {}, of norm {:.3g}; the parameters are those of step "
      "{}. Lower train.learning_rate, or set train.clip",
      numbers.step, numbers.loss, most.name, most.norm, before));
}

void check_gradients(const StepNumbers& numbers) {
  if (std::isfinite(numbers.gradient_norm)) return;
  for (std::size_t i = 0; i < numbers.parameters.size(); ++i)
    require<NumericalError>(std::isfinite(norm_of(numbers.gradients[i])),
                            "[train] step {}: the gradient of {} is not finite; the parameters are those of step {}. "
                            "Lower train.learning_rate, or set train.clip",
                            numbers.step, numbers.parameters[i].name, numbers.step - 1);
}

}  // namespace

void check_finite(std::span<const NamedParameter> parameters, std::int64_t step) {
  for (const NamedParameter& p : parameters)
    require<NumericalError>(std::isfinite(norm_of(*p.tensor)),
                            "[train] step {}: parameter {} is not finite. Lower train.learning_rate, or set train.clip",
                            step, p.name);
}

double DivergenceGuard::largest_loss(std::int64_t known) const {
  std::vector<double> losses = losses_.to_vector();
  losses.resize(static_cast<std::size_t>(std::min(known, window)));
  const double middle = median(losses);
  for (double& loss : losses) loss = std::abs(loss - middle);
  return middle + factor_ * std::max(std::abs(middle), median(losses));
}

void DivergenceGuard::check(const StepNumbers& numbers) {
  if (!std::isfinite(numbers.loss)) blame_loss(numbers);
  check_gradients(numbers);
  const std::int64_t known = numbers.step - 1;
  if (factor_ > 0 && known >= enough) {
    const double limit = largest_loss(known);
    if (numbers.loss > limit) {
      const Largest most = largest(numbers, true);
      throw NumericalError(fmt::format(
          "[train] step {}: the loss is {:.4g}, more than the {:.4g} that train.explode = {} allows; the largest "
          "gradient is that of {}, of norm {:.3g}; the parameters are those of step {}. Lower train.learning_rate, or "
          "raise train.explode",
          numbers.step, numbers.loss, limit, factor_, most.name, most.norm, known));
    }
  }
  losses_.data<double>()[static_cast<std::size_t>(known % window)] = numbers.loss;
}

}  // namespace fokker
