#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/stop.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rng.h"
#include "fokker/core/ops/view.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Restores the number of threads.
struct Threads {
  int before = thread_count();
  explicit Threads(int n) { set_thread_count(n); }
  ~Threads() { set_thread_count(before); }
};

bool keeps_subnormals() {
  volatile float tiny = std::numeric_limits<float>::min();
  volatile float half = tiny * 0.25f;
  return half != 0.0f;
}

/// Sum of a few matrix products a shard: enough work that workers interleave.
std::vector<double> sharded_sums(int threads) {
  const Threads scope(threads);
  std::vector<double> result(37);
  parallel(37, [&](std::int64_t shard) {
    const Tensor x = Rng(4).normal({24, 24}, Dtype::f32, static_cast<std::uint64_t>(shard) * 576).leaf();
    const Tensor y = sum(tanh(matmul(x, matmul(x, x))));
    result[static_cast<std::size_t>(shard)] = y.item() + sum(grad(y, x)).item();
  });
  return result;
}

}  // namespace

TEST_CASE("tensors keep their values, shapes and dtypes") {
  const Tensor t = Tensor::from({1, 2, 3, 4, 5, 6}, {2, 3}, Dtype::f64);
  CHECK(t.shape() == Shape{2, 3});
  CHECK(t.at(4) == 5);
  CHECK(t.bytes() == 48);
  CHECK(to_string(t) == "f64 [2, 3]: 1, 2, 3, 4, 5, 6");
  CHECK(Tensor::scalar(2.5).item() == 2.5);
  CHECK(Tensor::zeros({0, 3}).size() == 0);
  CHECK(sum(Tensor::zeros({0, 3})).item() == 0);
  CHECK(!Tensor().defined());
  CHECK_THROWS_AS(t.item(), ShapeError);
  CHECK_THROWS_AS(t.at(6), ShapeError);
  CHECK_THROWS_AS(t.data<float>(), ShapeError);
  CHECK_THROWS_AS(Tensor::from({1, 2}, {3}), ShapeError);
  CHECK_THROWS_AS((Shape{-1}), ShapeError);
  CHECK_THROWS_AS((Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}), ShapeError);
  CHECK_THROWS_WITH(Tensor::zeros({2, 3}) + Tensor::zeros({4}), Catch::Contains("[add]") && Catch::Contains("[2, 3]"));
  CHECK_THROWS_AS(Tensor::zeros({2}) + Tensor::zeros({2}, Dtype::f64), ShapeError);
}

TEST_CASE("views share memory and ops do not") {
  Tensor t = Tensor::from({1, 2, 3, 4, 5, 6}, {3, 2});
  Tensor middle = t.rows(1, 2);
  CHECK(middle.to_vector() == std::vector<double>{3, 4});
  middle.data<float>()[0] = 30;
  CHECK(t.at(2) == 30);
  CHECK(t.view({6}).at(2) == 30);
  CHECK(t.view({6}).raw() == t.raw());
  CHECK(t.clone().raw() != t.raw());
  CHECK(reshape(t, {2, 3}).raw() == t.raw());
  CHECK((t + 0.0).raw() != t.raw());
  CHECK(!t.unique());
  CHECK(Tensor::zeros({2}).unique());
  CHECK_THROWS_AS(t.view({5}), ShapeError);
  CHECK_THROWS_AS(t.rows(2, 4), ShapeError);
}

TEST_CASE("a tensor over foreign memory keeps its owner alive and copies nothing") {
  auto owner = std::make_shared<std::vector<double>>(std::vector<double>{1, 2, 3});
  std::weak_ptr<std::vector<double>> watch = owner;
  Tensor t = Tensor::over(owner->data(), {3}, Dtype::f64, owner);
  CHECK(t.raw() == owner->data());
  owner.reset();
  CHECK(!watch.expired());
  CHECK(t.at(2) == 3);
  t = {};
  CHECK(watch.expired());
}

TEST_CASE("buffers come back to the pool, also from other threads") {
#if !defined(__SANITIZE_ADDRESS__)
  const void* first = Tensor::zeros({1000}).raw();
  CHECK(Tensor::zeros({1000}).raw() == first);
#endif
  std::vector<Tensor> kept;
  const auto round = [&] {
    for (int i = 0; i < 100; ++i) kept.push_back(Tensor::zeros({1 + 37 * i}));
    std::thread([&] { kept.clear(); }).join();
  };
  round();
  const std::size_t held = detail::pooled_bytes();
  for (int i = 0; i < 20; ++i) round();
  CHECK(detail::pooled_bytes() <= held + 64 * 1024);
  std::vector<Tensor> foreign;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) foreign.push_back(Tensor::full({50}, i));
  }).join();
  for (int i = 0; i < 100; ++i) CHECK(foreign[static_cast<std::size_t>(i)].at(49) == i);
}

TEST_CASE("a chain of 300,000 ops goes backward and is freed without recursion") {
  const Tensor x = Tensor::scalar(1, Dtype::f64).leaf();
  Tensor y = x;
  for (int i = 0; i < 300'000; ++i) y = i % 2 ? y + 1e-6 : sin(y);
  CHECK(std::isfinite(grad(y, x).item()));
  Tensor z = x;
  for (int i = 0; i < 300'000; ++i) z = z * 1.00001;
  CHECK(grad(z, x).item() == Approx(std::pow(1.00001, 300'000)).epsilon(1e-9));
  z = {};
  y = {};
}

TEST_CASE("gradients add up over every path and are zero where there is none") {
  const Tensor x = Tensor::scalar(3, Dtype::f64).leaf(), unused = Tensor::zeros({2}, Dtype::f64).leaf();
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = y + y;  // 2⁴⁰ paths
  CHECK(grad(y, x).item() == std::pow(2.0, 40));
  const std::vector<Tensor> by{x, unused};
  const auto gradients = grad(x * x, by);
  CHECK(gradients[0].item() == 6);
  CHECK(gradients[1].to_vector() == std::vector<double>{0, 0});
  const Tensor inner = x * 2.0;
  CHECK(grad(inner * inner, inner).item() == 12);  // by an intermediate tensor
  CHECK_THROWS_AS(grad(x, Tensor::scalar(1)), Error);
  const Tensor twice = x * x;
  CHECK(grad(twice, x).item() == grad(twice, x).item());
}

TEST_CASE("nothing is recorded under NoGrad or from constants") {
  const Tensor x = Tensor::scalar(2).leaf();
  CHECK(sin(x).tracked());
  CHECK(!sin(x.detach()).tracked());
  {
    const NoGrad off;
    CHECK(!recording());
    CHECK(!sin(x).tracked());
  }
  CHECK(recording());
  CHECK(!grad(x * x, x).tracked());
  CHECK(grad(x * x, x, true).tracked());
}

TEST_CASE("an exception in a vjp leaves a graph that still works") {
  static bool fails = true;
  const Tensor x = Tensor::scalar(2, Dtype::f64).leaf();
  const Tensor y = record(Op::square, inputs(x), square(x.detach()), [x](const Tensor& dy) -> Gradients {
    if (fails) throw NumericalError("planned");
    return Gradients{dy * x * 2.0};
  });
  const Tensor z = y * 3.0;
  CHECK_THROWS_AS(grad(z, x), NumericalError);
  CHECK(recording());
  fails = false;
  CHECK(grad(z, x).item() == 12);
}

TEST_CASE("shards give the same bits for any number of threads") {
  const auto one = sharded_sums(1);
  for (int threads : {2, 3, 8}) CHECK(sharded_sums(threads) == one);
  CHECK(sharded_sums(2) == one);
}

TEST_CASE("parallel runs every task once, nested calls in place, and rethrows the first error") {
  for (int threads : {1, 2, 5}) {
    const Threads scope(threads);
    std::vector<std::atomic<int>> runs(1000);
    std::atomic<bool> in_range{true};
    parallel(1000, [&](std::int64_t i) {
      ++runs[static_cast<std::size_t>(i)];
      if (worker_index() < 0 || worker_index() >= threads) in_range = false;
    });
    CHECK(in_range);
    CHECK(std::ranges::all_of(runs, [](const auto& n) { return n == 1; }));
    std::atomic<int> inner{0};
    parallel(4, [&](std::int64_t) { parallel(5, [&](std::int64_t) { ++inner; }); });
    CHECK(inner == 20);
    parallel(0, [&](std::int64_t) { in_range = false; });
    CHECK(in_range);
    const auto failing = [](std::int64_t i) {
      if (i == 7 || i == 40) throw ConfigError(std::to_string(i));
    };
    CHECK_THROWS_WITH(parallel(50, failing), "7");
    std::atomic<int> after{0};
    parallel(10, [&](std::int64_t) { ++after; });
    CHECK(after == 10);
  }
}

TEST_CASE("workers flush subnormals to zero, and the caller's mode stays as it was") {
  for (int threads : {1, 3}) {
    const Threads scope(threads);
    for (bool flushed : {true, false}) {
      const SubnormalScope mode(flushed);
      std::atomic<int> kept{0};
      parallel(64, [&](std::int64_t) { kept += keeps_subnormals(); });
      CHECK(kept == 0);
      CHECK(keeps_subnormals() == !flushed);
      CHECK_THROWS(parallel(4, [](std::int64_t) { throw ConfigError("task"); }));
      CHECK(keeps_subnormals() == !flushed);
    }
  }
}

TEST_CASE("work that is told to stop ends at its next task or tensor") {
  for (int threads : {1, 3}) {
    const Threads scope(threads);
    std::atomic<bool> stop{false};
    std::atomic<int> tasks{0}, tensors{0};
    const StopScope listening(&stop);
    CHECK_NOTHROW(parallel(10, [](std::int64_t) { Tensor::zeros({2}); }));
    CHECK_THROWS_AS(parallel(100'000,
                             [&](std::int64_t) {
                               if (++tasks == 5) stop = true;
                             }),
                    Cancelled);
    CHECK(tasks < 5 + threads);
    CHECK_THROWS_AS(stop_if_told(), Cancelled);
    CHECK_THROWS_AS(Tensor::zeros({2}), Cancelled);
    stop = false;
    const auto one_of_them = [&](std::int64_t i) {
      if (i == 0) stop = true;
      while (!stop) {
      }
      Tensor::zeros({2});
      ++tensors;
    };
    CHECK_THROWS_AS(parallel(3, one_of_them), Cancelled);
    CHECK(tensors == 0);
    const StopScope deaf(nullptr);
    CHECK_NOTHROW(Tensor::zeros({2}));
  }
}
