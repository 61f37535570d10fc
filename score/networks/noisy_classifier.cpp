#include "fokker/score/networks/noisy_classifier.h"

#include "fokker/core/ops/rows.h"
#include "fokker/score/networks/discriminator.h"

namespace fokker {

NoisyClassifier::NoisyClassifier(std::vector<std::int64_t> widths, std::int64_t classes, const Shape& sample,
                                 const Rng& rng)
    : encoder_(make_discriminator(std::move(widths), sample, rng, {}, classes)), classes_(classes) {
  require<ConfigError>(classes >= 2, "[classifier] expected at least two classes, got {}: set network.classes",
                       classes);
}

Tensor NoisyClassifier::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  Pass unlabelled = pass;
  unlabelled.condition = {};
  return (*encoder_)(x.rank() == 4 ? x : flat_rows(x), time, unlabelled);
}

}  // namespace fokker
