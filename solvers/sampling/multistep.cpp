#include "fokker/solvers/sampling/multistep.h"

#include <algorithm>
#include <deque>

#include "fokker/core/ops/elementwise.h"

namespace fokker::detail {
namespace {

/// A value of the prediction, newest first in a history.
struct Known {
  double lambda;
  Tensor value;
};
using History = std::deque<Known>;

class Multistep {
 public:
  Multistep(const Shard& shard, const MultistepMethod& method)
      : method_(method), passage_(shard), form_(shard, passage_, method.prediction, reverse_eta(shard.config)) {}

  Tensor run(const Tensor& x) {
    Tensor y = passage_.enter(x);
    for (std::int64_t i = 0; i < passage_.steps(); ++i) {
      y = step(i, y);
      passage_.arrive(i, y);
    }
    return passage_.leave(y);
  }

 private:
  Tensor step(std::int64_t i, const Tensor& y) {
    const Level &a = passage_.level(i), &b = passage_.level(i + 1);
    if (known_.empty() || known_.front().lambda != a.lambda) remember(a, y);
    const Kernel kernel = form_.kernel(a, b);
    const Tensor base = with_noise(kernel.decay, y, form_.noise(i, a, b));
    const Tensor predicted = add(base, kernel, a, b, method_.predictor);
    if (method_.corrector == 0 || i + 1 == passage_.steps()) return predicted;
    remember(b, predicted);
    return add(base, kernel, a, b, method_.corrector);
  }

  void remember(const Level& at, const Tensor& y) {
    known_.push_front({at.lambda, form_.predict(y, at)});
    if (known_.size() > static_cast<std::size_t>(std::max(method_.predictor, method_.corrector))) known_.pop_back();
  }

  /// base + the integral of the polynomial through the newest `points` values.
  Tensor add(Tensor base, const Kernel& kernel, const Level& a, const Level& b, int points) const {
    const auto used = std::min(static_cast<std::size_t>(points), known_.size());
    std::vector<double> places;
    for (std::size_t j = 0; j < used; ++j) places.push_back((known_[j].lambda - a.lambda) / (b.lambda - a.lambda));
    const std::vector<double> w = weights(kernel, places, b.lambda - a.lambda);
    std::size_t j = 0;
    for (; j + 1 < used; j += 2)
      base = weighted_sum({{1, base}, {w[j], known_[j].value}, {w[j + 1], known_[j + 1].value}});
    return j < used ? weighted_sum({{1, base}, {w[j], known_[j].value}}) : base;
  }

  std::vector<double> weights(const Kernel& kernel, const std::vector<double>& places, double h) const {
    if (places.size() != 2 || method_.slope == MultistepMethod::Slope::exact) return kernel.weights(places);
    const double whole = kernel.moment(0), b = method_.slope == MultistepMethod::Slope::bh1 ? h : whole;
    const double slope = 0.5 * b / (places[0] - places[1]);
    // The constant is the value at the start of the step: the older of a
    // corrector's two values, the newer of a predictor's.
    if (places[0] == 0) return {whole + slope, -slope};
    return {slope, whole - slope};
  }

  const MultistepMethod& method_;
  Passage passage_;
  ExponentialForm form_;
  History known_;
};

}  // namespace

Tensor run_multistep(const Shard& shard, Tensor x, const MultistepMethod& method) {
  return Multistep(shard, method).run(x);
}

}  // namespace fokker::detail
