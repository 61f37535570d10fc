#include <atomic>
#include <cmath>

#include "fokker/core/base/buffer.h"
#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/calculus.h"
#include "fokker/sde/examples.h"
#include "fokker/sde/function_sde.h"
#include "fokker/sde/gbm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/steppers/simulate.h"
#include "fokker/solvers/steppers/solver.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

FunctionSde general() {
  return FunctionSde([](const Tensor& x, double) { return -x; },
                     [](const Tensor& x, double) {
                       return reshape(x, {x.extent(0), 3, 1}) * Tensor::ones({1, 2});
                     },
                     {.name = "general", .noise = Noise::general, .brownian = 2});
}

bool same(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && a.to_vector() == b.to_vector(); }

}  // namespace

TEST_CASE("paths have the same bits for any shard, number of threads, batch and kind of noise") {
  const int threads = thread_count();
  const GeometricBrownianMotion gbm(0.3, 0.8);
  const FunctionSde lorenz = fokker::lorenz(), matrix = general();
  const auto stratonovich = to_stratonovich(gbm);
  const VP vp;
  const ReverseSde reversed = reverse(vp, GaussianMixture({{-1, 0, 1}, {1, 0, 0}}, {0.3}).score(vp));
  const Tensor x = Rng(1).normal({37, 3});
  const auto grid = uniform_points(0.5, 0.4, 4);
  int compared = 0;
  for (const Sde* sde :
       {static_cast<const Sde*>(&gbm), static_cast<const Sde*>(&lorenz), static_cast<const Sde*>(&matrix),
        static_cast<const Sde*>(stratonovich.get()), static_cast<const Sde*>(&reversed)})
    for (const auto& name : stepper_names()) {
      const auto solver = make_solver(name);
      try {
        require_fit(*solver, *sde);
      } catch (const ConfigError&) {
        CHECK_THROWS_AS(simulate(*sde, *solver, x, grid), ConfigError);
        continue;
      }
      INFO(name << " on " << sde->name());
      for (const bool same_path : {false, true}) {
        set_thread_count(1);
        const SimulationConfig whole{.seed = 5, .same_path = same_path, .shard = 37};
        const Tensor wanted = simulate(*sde, *solver, x, grid, whole);
        const Tensor path = simulate(*sde, *solver, x, grid, {.seed = 5, .same_path = same_path, .frames = grid});
        CHECK(same(path.rows(0, 1).view(x.shape()), x));
        CHECK(same(path.rows(4, 5).view(x.shape()), wanted));
        set_thread_count(3);
        for (const std::int64_t shard : {0, 1, 7})
          CHECK(same(simulate(*sde, *solver, x, grid, {.seed = 5, .same_path = same_path, .shard = shard}), wanted));
        CHECK(same(simulate(*sde, *solver, x.rows(0, 11), grid, whole), wanted.rows(0, 11)));
        CHECK_FALSE(same(simulate(*sde, *solver, x, grid, {.seed = 6, .same_path = same_path}), wanted));
      }
      const SequentialNoise noise(5, sde->noise_shape(x.shape()));
      CHECK(same(solve(*sde, *solver, noise, x, grid), simulate(*sde, *solver, x, grid, {.seed = 5})));
      ++compared;
    }
  CHECK(compared >= 40);
  set_thread_count(threads);
}

#if !defined(__SANITIZE_ADDRESS__)  // which does without the pool
TEST_CASE("a simulation needs memory for its first and last states and for a shard a worker") {
  const GeometricBrownianMotion gbm(0.3, 0.8);
  const auto solver = make_solver("sriw2");
  const auto grid = uniform_points(0, 1, 3);
  const std::int64_t n = 1'500'000, states = 2 * n * 4;  // the first and the last
  const auto grown = [&](auto&& run) {
    const std::size_t before = detail::pooled_bytes();
    run();
    return static_cast<std::int64_t>(detail::pooled_bytes() - before);
  };
  CHECK(grown([&] { simulate(gbm, *solver, Tensor::ones({n, 1}), grid); }) < 1.3 * states + (1 << 21));
  CHECK(grown([&] { solve(gbm, *solver, SequentialNoise(0, {n, 1}), Tensor::ones({n, 1}), grid); }) > 3 * states);
}
#endif

TEST_CASE("a simulation names the sample that fails, and leaves whole batches whole") {
  const auto solver = make_solver("euler_maruyama");
  const auto one = [](const Tensor&, double) { return Tensor::scalar(1); };
  const auto grid = uniform_points(0, 1, 4);
  const FunctionSde broken([](const Tensor& x, double) { return x / greater(1.0 - x, -9.0); }, one, {.name = "broken"});
  std::vector<double> start(50);
  start[41] = 1000;
  CHECK_THROWS_WITH(simulate(broken, *solver, Tensor::from(start, {50, 1}), grid, {.shard = 8}),
                    Catch::Contains("sample 41 of broken") && Catch::Contains("step 1 of 4"));

  std::atomic<std::int64_t> rows = 0, calls = 0;
  const Score counted = [&](const Tensor& x, double) {
    rows = std::max(rows.load(), x.extent(0));
    ++calls;
    return -x;
  };
  const Tensor x = Tensor::zeros({50, 1});
  const FunctionSde cut(counted, one), kept(Score::whole(counted), one);
  const Tensor wanted = simulate(cut, *solver, x, grid, {.shard = 8});
  CHECK((rows == 8 && calls == 28));
  calls = 0;
  CHECK(same(simulate(kept, *solver, x, grid, {.shard = 8}), wanted));
  CHECK((rows == 50 && calls == 4));
  CHECK_FALSE(to_stratonovich(kept)->takes_shards());
  CHECK_FALSE(reverse(VP(), Score::whole(counted)).takes_shards());

  CHECK(simulate(cut, *solver, Tensor::zeros({0, 1}), grid).shape() == Shape{0, 1});
  CHECK_THROWS_AS(simulate(cut, *solver, x, grid, {.shard = -1}), ConfigError);
  CHECK_THROWS_AS(simulate(cut, *solver, x, std::vector<double>{0, 1, 1}), ConfigError);
  CHECK_THROWS_AS(simulate(cut, *solver, Tensor::scalar(1), grid), ShapeError);
}
