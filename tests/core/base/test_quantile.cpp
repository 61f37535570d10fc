#include "fokker/core/base/quantile.h"

#include <cmath>
#include <limits>

#include "fokker/core/base/error.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("quantiles interpolate as NumPy's", "[quantile]") {
  const std::vector<double> x{7.5, -2, 0.25, 11, 3, 3, -8.125};
  // numpy.quantile of the same numbers
  CHECK(quantile(x, 0) == -8.125);
  CHECK(quantile(x, 0.05) == Approx(-6.2875).epsilon(1e-15));
  CHECK(quantile(x, 0.5) == 3);
  CHECK(quantile(x, 0.7) == Approx(3.9).epsilon(1e-14));
  CHECK(quantile(x, 0.995) == Approx(10.895).epsilon(1e-15));
  CHECK(quantile(x, 1) == 11);
  CHECK(quantile({4, 1}, 0.3) == Approx(1.9).epsilon(1e-15));
  CHECK(quantile({4}, 0.3) == 4);
  CHECK(median(x) == 3);
  CHECK(median({4, 1, 3, 2}) == 2.5);
}

TEST_CASE("quantiles of no values, of values that are none, and of other shares", "[quantile]") {
  CHECK(std::isnan(quantile({1, std::numeric_limits<double>::quiet_NaN(), 2}, 0.5)));
  CHECK(std::isnan(median({std::numeric_limits<double>::quiet_NaN(), 1, 2})));
  CHECK(quantile({1, std::numeric_limits<double>::infinity()}, 0) == 1);
  CHECK_THROWS_AS(quantile({}, 0.5), ShapeError);
  CHECK_THROWS_AS(median({}), ShapeError);
  CHECK_THROWS_AS(quantile({1, 2}, 1.01), ConfigError);
  CHECK_THROWS_AS(quantile({1, 2}, std::numeric_limits<double>::quiet_NaN()), ConfigError);
}
