#include "fokker/experiments/training/train_config.h"

#include "fokker/core/base/error.h"

namespace fokker {
namespace {

bool distinct(std::vector<double> values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) == values.end();
}

}  // namespace

void TrainConfig::validate() const {
  require<ConfigError>(distinct(emas) && std::ranges::find(emas, ema) == emas.end(),
                       "expected the decays of emas to differ from each other and from ema = {}", ema);
  require<ConfigError>(distinct(ema_lengths), "expected the lengths of ema_lengths to differ from each other");
}

}  // namespace fokker
