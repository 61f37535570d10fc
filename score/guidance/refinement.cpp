#include "fokker/score/guidance/refinement.h"

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/score/networks/discriminator.h"

namespace fokker {

Score refine(Score score, LogRatio ratio, double weight) {
  return Score::of({&score, 1}, [score, ratio = std::move(ratio), weight](const Tensor& x, double t) {
    const bool differentiable = x.tracked();
    const Recording on(true);
    const Tensor at = differentiable ? x : x.leaf();
    const Tensor direction = grad(sum(ratio(at, t)), at, differentiable);
    return score(x, t) + direction * weight;
  });
}

LogRatio log_ratio(std::shared_ptr<const Network> discriminator, const ForwardSde& sde) {
  return [network = std::move(discriminator), kept = share(sde)](const Tensor& x, double t) {
    const Tensor label = Tensor::full({x.extent(0)}, time_label(*kept, t), x.dtype());
    return judge(*network, x * input_scale(kept->marginal(t)), label);
  };
}

}  // namespace fokker
