#include "fokker/solvers/sampling/singlestep.h"

#include "fokker/core/ops/elementwise.h"

namespace fokker::detail {
namespace {

class Singlestep {
 public:
  Singlestep(const Shard& shard, const SinglestepMethod& method)
      : method_(method), passage_(shard), form_(shard, passage_, method.prediction, reverse_eta(shard.config)) {}

  Tensor run(const Tensor& x) {
    Tensor y = passage_.enter(x);
    for (std::int64_t i = 0; i < passage_.steps(); ++i) {
      y = method_.order == 2 ? second_order(i, y) : third_order(i, y);
      passage_.arrive(i, y);
    }
    return passage_.leave(y);
  }

 private:
  /// decay·y + N + ∫ of the line through `start` and, at the place `at` of the step, `later`.
  static Tensor line(const Kernel& kernel, const Tensor& y, const Tensor& noise, const Tensor& start,
                     const Tensor& later, double slope) {
    return weighted_sum({{1, with_noise(kernel.decay, y, noise)}, {kernel.moment(0) - slope, start}, {slope, later}});
  }

  Tensor second_order(std::int64_t i, const Tensor& y) const {
    const Level &a = passage_.level(i), &b = passage_.level(i + 1), middle = passage_.between(a, b, 0.5);
    const Kernel half = form_.kernel(a, middle), whole = form_.kernel(a, b);
    const Tensor first = form_.noise(2 * i, a, middle), second = form_.noise(2 * i + 1, middle, b);
    const Tensor v = form_.predict(y, a);
    const Tensor stage = weighted_sum({{1, with_noise(half.decay, y, first)}, {half.moment(0), v}});
    // The noise of the first half decays through the second, as the step's own would on the same path.
    const Tensor noise = first.defined() ? with_noise(form_.kernel(middle, b).decay, first, second) : Tensor();
    return line(whole, y, noise, v, form_.predict(stage, middle), whole.moment(0));
  }

  Tensor third_order(std::int64_t i, const Tensor& y) const {
    const Level &a = passage_.level(i), &b = passage_.level(i + 1);
    const Level third = passage_.between(a, b, 1. / 3), two_thirds = passage_.between(a, b, 2. / 3);
    const Kernel to_third = form_.kernel(a, third), to_two = form_.kernel(a, two_thirds), whole = form_.kernel(a, b);
    const Tensor v = form_.predict(y, a);
    const Tensor y1 = weighted_sum({{to_third.decay, y}, {to_third.moment(0), v}});
    const Tensor v1 = form_.predict(y1, third);
    const Tensor y2 = line(to_two, y, {}, v, v1, 2 * to_two.moment(1));
    return line(whole, y, {}, v, form_.predict(y2, two_thirds), 1.5 * whole.moment(1));
  }

  const SinglestepMethod& method_;
  Passage passage_;
  ExponentialForm form_;
};

}  // namespace

Tensor run_singlestep(const Shard& shard, Tensor x, const SinglestepMethod& method) {
  return Singlestep(shard, method).run(x);
}

}  // namespace fokker::detail
