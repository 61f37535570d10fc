#include "fokker/score/guidance/guidance.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/base/quantile.h"
#include "fokker/core/nn/cross_entropy.h"
#include "fokker/core/nn/module.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

bool within(const std::array<double, 2>& interval, Marginal at) {
  const double noise = at.sigma / at.alpha;
  return interval[0] <= noise && noise <= interval[1];
}

Tensor denoised(const Tensor& x, const Tensor& s, Marginal at) {
  return weighted_sum({{1 / at.alpha, x}, {at.sigma * at.sigma / at.alpha, s}});
}
Tensor score_of(const Tensor& denoised, const Tensor& x, Marginal at) {
  const double variance = at.sigma * at.sigma;
  return weighted_sum({{at.alpha / variance, denoised}, {-1 / variance, x}});
}

/// The standard deviation of each row, [B, 1].
Tensor deviation(const Tensor& x) { return sqrt(mean(square(x - mean(x, {1}, true)), {1}, true)); }

/// Scales the share φ of `x` to the deviation of `like`, row by row.
Tensor rescaled(const Tensor& x, const Tensor& like, double share) {
  const Tensor rows = flat_rows(x),
               factor = deviation(flat_rows(like)) / maximum(deviation(rows), Tensor::scalar(1e-12, x.dtype()));
  return reshape(rows * (factor * share + (1 - share)), x.shape());
}

void check(const Guidance& guidance) {
  require<ConfigError>(
      std::isfinite(guidance.strength) && guidance.interval[0] <= guidance.interval[1] && guidance.rescale >= 0 &&
          guidance.rescale <= 1,
      "[guidance] expected a finite strength, an interval that rises and rescale in [0, 1], got {}, [{}, "
      "{}] and {}",
      guidance.strength, guidance.interval[0], guidance.interval[1], guidance.rescale);
}

}  // namespace

Score guide(Score conditional, Score other, const ForwardSde& sde, const Guidance& guidance) {
  check(guidance);
  const Score parts[] = {conditional, other};
  return Score::of(parts, [=, kept = share(sde)](const Tensor& x, double t) {
    const Marginal at = kept->marginal(t);
    const Tensor c = conditional(x, t);
    if (guidance.strength == 1 || !within(guidance.interval, at)) return c;
    const double w = guidance.strength;
    const Tensor s = weighted_sum({{w, c}, {1 - w, other(x, t)}});
    if (guidance.rescale == 0) return s;
    return score_of(rescaled(denoised(x, s, at), denoised(x, c, at), guidance.rescale), x, at);
  });
}

Score guide_by_classifier(Score score, Score log_likelihood, const ForwardSde& sde, const Guidance& guidance) {
  check(guidance);
  const Score parts[] = {score, log_likelihood};
  return Score::of(parts, [=, kept = share(sde)](const Tensor& x, double t) {
    const Tensor s = score(x, t);
    if (guidance.strength == 0 || !within(guidance.interval, kept->marginal(t))) return s;
    return weighted_sum({{1, s}, {guidance.strength, log_likelihood(x, t)}});
  });
}

Score label_gradient(std::function<Tensor(const Tensor&, double)> logits, std::vector<std::int64_t> labels) {
  require<ConfigError>(!labels.empty(), "[classifier guidance] expected labels, got none");
  return Score::by_rows([logits = std::move(logits),
                         all = Condition{.labels = std::move(labels)}](std::span<const std::int64_t> samples) -> Score {
    return [logits, labels = all.of(samples).labels](const Tensor& x, double t) {
      const Recording on(true);
      const Tensor leaf = x.detach().leaf();
      return -grad(sum(cross_entropy(logits(leaf, t), labels)), leaf);
    };
  });
}

Score with_denoised(Score score, const ForwardSde& sde,
                    std::function<Tensor(const Tensor&, const Tensor&, double)> change) {
  return Score::of({&score, 1}, [kept = share(sde), change = std::move(change), score](const Tensor& x, double t) {
    const Marginal at = kept->marginal(t);
    return score_of(change(denoised(x, score(x, t), at), x, t), x, at);
  });
}

Score threshold(Score score, const ForwardSde& sde, double share, double bound) {
  require<ConfigError>(share > 0 && share <= 1 && bound > 0,
                       "[threshold] expected a share in (0, 1] and a bound above 0, got {} and {}", share, bound);
  return with_denoised(std::move(score), sde, [share, bound](const Tensor& d, const Tensor&, double) {
    Tensor result = Tensor::empty(d.shape(), d.dtype());
    const std::int64_t width = row_size(d);
    visit(d.dtype(), [&]<class T>(T) {
      std::vector<double> sizes(static_cast<std::size_t>(width));
      for (std::int64_t row = 0; row < d.extent(0); ++row) {
        const auto in = d.data<T>().subspan(static_cast<std::size_t>(row * width), sizes.size());
        std::ranges::transform(in, sizes.begin(), [](T v) { return std::abs(v); });
        const T s = static_cast<T>(std::max(quantile_in_place(sizes, share), bound));
        const auto out = result.data<T>().subspan(static_cast<std::size_t>(row * width), sizes.size());
        std::ranges::transform(in, out.begin(), [&](T v) { return std::clamp(v, -s, s) * static_cast<T>(bound) / s; });
      }
    });
    return result;
  });
}

}  // namespace fokker
