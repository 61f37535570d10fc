#include "fokker/sde/grey_levels.h"

#include <cmath>

#include "fokker/core/base/error.h"

namespace fokker {

std::int64_t GreyLevels::index(double value) const {
  const double place = (value - first) / width;
  const auto level = static_cast<std::int64_t>(std::round(place));
  require<ConfigError>(std::abs(place - static_cast<double>(level)) < 0.01 && level >= 0 && level < count,
                       "[decoder] expected one of {} levels from {} in steps of {}, got {}; take the decoder "
                       "\"gaussian\" for data between them",
                       count, first, width, value);
  return level;
}

}  // namespace fokker
