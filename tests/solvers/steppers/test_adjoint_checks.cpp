// What gradients through paths refuse, notice and hold in memory.
#include "fokker/core/ops/autodiff.h"
#include "fokker/sde/calculus.h"
#include "tests/solvers/steppers/path_example.h"
#include "tests/support/catch.h"

using namespace path_example;

TEST_CASE("a backward pass along other noise or with other values is noticed") {
  struct Fickle final : BrownianMotion {
    SequentialNoise first{1, state_shape, Dtype::f64}, second{2, state_shape, Dtype::f64};
    bool changed = false;
    BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override {
      return (changed ? second : first).increment(step, t0, t1, areas);
    }
  };
  for (const Adjoint adjoint : {Adjoint::checkpoint, Adjoint::reversible}) {
    Tensor memory = values().clone();
    const Tensor theta = memory.leaf();
    DifferentiablePath path = path_of(example(Noise::diagonal, theta), "reversible_heun");
    const auto noise = std::make_shared<Fickle>();
    path.noise = noise;
    path.parameters = {theta};
    path.adjoint = adjoint;
    const Tensor loss = loss_of(solve(path, start())), right = grad(loss, theta);
    noise->changed = true;
    CHECK_THROWS_AS(grad(loss, theta), NumericalError);
    noise->changed = false;
    memory.data<double>()[0] += 1e-3;
    CHECK_THROWS_WITH(grad(loss, theta), Catch::Contains("keep the values"));
    memory.data<double>()[0] = values().at(0);
    // After an error the graph is as it was.
    const Tensor again = grad(loss, theta);
    for (std::int64_t i = 0; i < 3; ++i) CHECK(again.at(i) == right.at(i));
  }
}

TEST_CASE("leaves that are not named are noticed, those made on the way are not") {
  const Tensor theta = values().leaf();
  DifferentiablePath path = path_of(example(Noise::diagonal, theta), "reversible_heun");
  path.adjoint = Adjoint::checkpoint;
  CHECK_THROWS_WITH(solve(path, start().leaf()), Catch::Contains("not among `parameters`"));
  CHECK_THROWS_WITH(solve(path, start()), Catch::Contains("not among `parameters`"));
  {
    const NoGrad off_tape;
    CHECK_FALSE(solve(path, start()).tracked());
  }
  // The conversion between the calculi differentiates by leaves of its own.
  for (const Noise noise : {Noise::diagonal, Noise::scalar, Noise::general}) {
    const auto by = [&](Adjoint adjoint) {
      DifferentiablePath converted =
          path_of(to_stratonovich(*example(noise, theta, Calculus::ito)), "reversible_heun", 9);
      converted.parameters = {theta};
      converted.adjoint = adjoint;
      return grad(loss_of(solve(converted, start())), theta);
    };
    INFO(to_string(noise));
    const Tensor tape = by(Adjoint::tape), checkpoint = by(Adjoint::checkpoint), reversible = by(Adjoint::reversible);
    for (std::int64_t i = 0; i < 3; ++i) {
      CHECK(checkpoint.at(i) == Approx(tape.at(i)).epsilon(1e-12));
      CHECK(reversible.at(i) == Approx(tape.at(i)).epsilon(1e-10));
    }
  }
}

TEST_CASE("paths that cannot be differentiated as asked are refused") {
  const Tensor theta = values().leaf();
  const auto change = [&](auto&& f) {
    DifferentiablePath path = path_of(example(Noise::additive, theta), "euler_maruyama");
    path.parameters = {theta};
    f(path);
    return solve(path, start());
  };
  CHECK(change([](auto&) {}).shape() == Shape{1, paths, 2});
  CHECK_THROWS_WITH(change([](auto& p) { p.adjoint = Adjoint::reversible; }), Catch::Contains("reversible_heun"));
  CHECK_THROWS_WITH(change([](auto& p) { p.frames = {0.123}; }), Catch::Contains("got 0.123"));
  CHECK_THROWS_AS(change([](auto& p) { p.frames = {1, 0}; }), ConfigError);
  CHECK_THROWS_WITH(change([&](auto& p) { p.parameters = {theta, theta * 2}; }), Catch::Contains("number 1"));
  CHECK_THROWS_AS(change([](auto& p) { p.segment = -1; }), ConfigError);
  CHECK_THROWS_AS(change([](auto& p) { p.noise = nullptr; }), ConfigError);
  CHECK_THROWS_AS(change([](auto& p) { p.grid = {0}; }), ConfigError);
  for (const Adjoint a : {Adjoint::tape, Adjoint::checkpoint, Adjoint::reversible}) {
    CHECK(adjoint(to_string(a)) == a);
    CHECK_THROWS_WITH(change([&](auto& p) {
                        p.adjoint = a;
                        p.solver = make_solver("reversible_heun");
                        p.sde = std::make_shared<FunctionSde>(
                            [](const Tensor& x, double t) { return t > 0.5 ? x / 0.0 : x; },
                            [](const Tensor& x, double) { return Tensor::scalar(1, x.dtype()); });
                      }),
                      Catch::Contains("of 37"));
  }
  CHECK_THROWS_AS(adjoint("adjoint"), ConfigError);
}

TEST_CASE("checkpoints hold a segment on the tape, the reversible adjoint a step") {
  int held = 0, most = 0;
  // A factor that the tape must keep, once for each evaluation of the drift.
  const auto counted = [&](const Shape& shape) {
    const Tensor ones = Tensor::ones(shape, Dtype::f64);
    most = std::max(most, ++held);
    std::shared_ptr<void> guard(nullptr, [&held, ones](void*) { --held; });
    return Tensor::over(const_cast<void*>(ones.raw()), shape, Dtype::f64, std::move(guard));
  };
  const auto peak = [&](Adjoint adjoint, std::int64_t steps) {
    const Tensor theta = Tensor::scalar(0.7, Dtype::f64).leaf();
    DifferentiablePath path = path_of(
        std::make_shared<FunctionSde>([&, theta](const Tensor& x, double) { return counted(x.shape()) * (theta * x); },
                                      [](const Tensor& x, double) { return Tensor::scalar(1, x.dtype()); }),
        "reversible_heun", steps);
    path.parameters = {theta};
    path.adjoint = adjoint;
    most = 0;
    grad(sum(solve(path, start())), theta);
    CHECK(held == 0);
    return most;
  };
  CHECK(peak(Adjoint::tape, 400) == 401);
  CHECK(peak(Adjoint::checkpoint, 400) <= 22);
  CHECK(peak(Adjoint::reversible, 400) <= 3);
  CHECK(peak(Adjoint::reversible, 400) == peak(Adjoint::reversible, 100));
}
