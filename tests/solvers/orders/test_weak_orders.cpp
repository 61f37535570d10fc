// Every stepper's weak orders against its claims, without sampling, and that the measurement tells wrong ones.
#include "fokker/solvers/orders/weak_order.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/steppers/sra.h"
#include "tests/support/catch.h"

using namespace fokker;

TEST_CASE("every stepper has the weak order that it claims, others refuse") {
  for (const WeakProblem& problem : weak_problems()) {
    int measured = 0;
    for (const auto& name : stepper_names()) {
      const auto solver = make_solver(name);
      const double claimed = claimed_order(solver->claims(), problem);
      if (claimed == 0) {
        CHECK_THROWS_AS(measured_weak_order(*solver, problem), ConfigError);
        continue;
      }
      const MeasuredOrder order = measured_weak_order(*solver, problem);
      INFO(name << " on " << problem.name << " in the sense of " << to_string(problem.sde->calculus()) << ": "
                << order.value);
      CHECK(order.contains(claimed));
      ++measured;
    }
    CHECK(measured > 1);
  }
}

TEST_CASE("a wrong tableau has another weak order where the noise fades") {
  SraTableau<2> negated = sra1;
  negated.beta2 = {1, -1};
  const Sra<2> wrong("wrong", negated);
  CHECK(measured_weak_order(wrong, weak_problems()[0]).contains(2));
  CHECK(measured_weak_order(wrong, weak_problems()[1]).contains(1));
}
