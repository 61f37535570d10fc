#include "fokker/core/base/names.h"

#include "fokker/core/config/config_document.h"

#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("the nearest name is near or none") {
  const std::vector<std::string> names = {"steps", "batch", "learning_rate"};
  CHECK(nearest_name("stpes", names) == "steps");
  CHECK(nearest_name("lerning_rat", names) == "learning_rate");
  CHECK(nearest_name("xyz", names).empty());
  CHECK(nearest_name("", names).empty());
}

TEST_CASE("a name is near to one with its letters, and to a longer one that nearly holds it") {
  using Names = std::vector<std::string>;
  const Names solvers = {"euler_maruyama", "stochastic_heun", "euler_heun",   "sra1",     "sra2",
                         "dpm_solver_2",   "dpmpp_2m",        "dpmpp_2m_sde", "er_sde_1", "heun"};
  CHECK(nearest_names("eulr", solvers) == Names{"euler_maruyama", "euler_heun"});
  CHECK(nearest_names("dpm++2m", solvers) == Names{"dpmpp_2m"});
  CHECK(nearest_names("DPM-Solver-2", solvers) == Names{"dpm_solver_2"});
  CHECK(nearest_names("maruyama", solvers) == Names{"euler_maruyama"});
  CHECK(nearest_names("sra4", solvers) == Names{"sra1", "sra2"});
  CHECK(nearest_names("dpm", solvers) == Names{"dpm_solver_2", "dpmpp_2m", "dpmpp_2m_sde"});
  CHECK(nearest_names("rk", solvers).empty());
  CHECK(nearest_names("++", solvers).empty());
  CHECK(nearest_names("a", Names{"b"}).empty());
  CHECK(unknown_name("eulr", {"euler_heun", "sra1"}) ==
        "unknown \"eulr\"; did you mean \"euler_heun\"? expected one of euler_heun, sra1");
  CHECK(unknown_name("sra4", {"sra1", "sra2", "sra3"}) ==
        "unknown \"sra4\"; did you mean \"sra1\" or \"sra2\" or \"sra3\"? expected one of sra1, sra2, sra3");
  CHECK(unknown_name("q", {"t", "snr"}) == "unknown \"q\"; expected one of t, snr");
}
