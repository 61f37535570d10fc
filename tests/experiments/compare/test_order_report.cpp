#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/compare/order_report.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const std::vector<OrderRow> rows = {
    {"good", "strong", "ou", Noise::additive, Calculus::ito, 2, 1.5, {1.53, 0.02}},
    {"false", "strong", "gbm", Noise::diagonal, Calculus::ito, 1, 1.5, {1.01, 0.03}},
    {"false", "weak", "gbm", Noise::diagonal, Calculus::ito, 1, 1, {1, 0}},
    {"blurred", "strong", "gbm", Noise::diagonal, Calculus::stratonovich, 1, 1, {1.2, 0.15}},
};

}  // namespace

TEST_CASE("the report of orders marks those that are lower") {
  const auto lines = order_lines(rows);
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines[1], Catch::Contains("1.530 ± 0.020") && Catch::Contains("either") && !Catch::Contains("lower"));
  CHECK_THAT(lines[2], Catch::EndsWith("lower"));
  CHECK_THAT(lines[3], !Catch::Contains("±") && !Catch::Contains("lower"));
  CHECK_THAT(lines[4], Catch::EndsWith("undecided"));
  CHECK_THAT(lines[5], Catch::Contains("4 orders, 1 lower and 0 higher") && Catch::Contains("more paths"));
  CHECK(broken_claims(rows) == "false has strong order 1.010 on gbm, not 1.5");
  CHECK(broken_claims(std::span(rows).first(1)).empty());
}

TEST_CASE("the file of orders holds the table") {
  const Hdf5File file = order_file(rows, {.paths = 40});
  CHECK(file.read("/orders/measured", Dtype::f64).at(1) == 1.01);
  CHECK(file.read("/orders/half_width", Dtype::f64).at(3) == 0.15);
  CHECK(std::get<std::string>(file.attribute("/orders", "verdict")) == "agrees\nlower\nagrees\nundecided");
  CHECK(std::get<std::int64_t>(file.attribute("/", "paths")) == 40);
}

TEST_CASE("fokker orders can be stopped") {
  RunOptions options;
  options.stop = [] { return true; };
  CHECK_THROWS_AS(orders_command({"sea"}, {.paths = 30}, {}, options), Cancelled);
}
