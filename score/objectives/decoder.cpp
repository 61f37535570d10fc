#include "fokker/score/objectives/decoder.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {
namespace {

/// Marks the levels around x₀, [elements, 2·window + 1]: 0 where the level j − `window` steps away from x₀ exists, else
/// a number far below every exponent.
Tensor mask(const Tensor& x0, const GreyLevels& levels, std::int64_t window) {
  const std::int64_t columns = 2 * window + 1;
  Tensor result = Tensor::zeros({x0.size(), columns}, x0.dtype());
  visit(x0.dtype(), [&]<class T>(T) {
    const auto values = result.data<T>();
    for (std::int64_t i = 0; i < x0.size(); ++i) {
      const std::int64_t level = levels.index(x0.at(i));
      for (std::int64_t j = 0; j < columns; ++j)
        if (const std::int64_t other = level + j - window; other < 0 || other >= levels.count)
          values[static_cast<std::size_t>(i * columns + j)] = T(-1e30);
    }
  });
  return result;
}

}  // namespace

Tensor decoder_nll(const Tensor& x0, const Tensor& offset, const Tensor& log_deviation, const GreyLevels& levels,
                   double reach) {
  const std::int64_t rows = x0.extent(0);
  if (levels.count == 0) {
    const Tensor constant =
        (log_deviation + 0.5 * std::log(2 * std::numbers::pi)) * static_cast<double>(x0.size() / rows);
    return sample_sum(square(offset) * 0.5) + cast(constant, offset.dtype());
  }
  // With ρ = width/deviation, the level j steps away has the density's exponent j ρ offset − ½ (j ρ)², relative to that
  // of x₀.
  const Tensor spacing = exp(-log_deviation) * levels.width;
  std::int64_t window = levels.count - 1;
  if (reach > 0) window = std::min(window, static_cast<std::int64_t>(std::ceil(reach / spacing.item())));
  std::vector<double> away;
  for (std::int64_t j = -window; j <= window; ++j) away.push_back(static_cast<double>(j));
  const Tensor steps = Tensor::from(away, {2 * window + 1}, offset.dtype()) * cast(spacing, offset.dtype());
  const Tensor exponent = reshape(offset, {x0.size(), 1}) * steps - square(steps) * 0.5 + mask(x0, levels, window);
  return sample_sum(reshape(logsumexp(exponent), {rows, x0.size() / rows}));
}

}  // namespace fokker
