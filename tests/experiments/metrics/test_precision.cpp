#include <cmath>
#include <cstring>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/precision.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/training/trainer.h"
#include "fokker/score/networks/network.h"
#include "fokker/score/parameterization.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;
const NetworkConfig small{.channels = {16, 32}, .attention = {false, true}, .layers_per_block = 1};

Dataset scaled_digits() {
  Dataset data = load_dataset("digits");
  data.x = data.x * 0.125 - 1.0;
  return data;
}

Trainer trainer(const std::string& precision, std::int64_t batch = 64) {
  const TrainConfig config{.batch = batch, .learning_rate = 1e-3, .precision = precision};
  return Trainer(make_network(small, Shape{8, 8, 1}, Rng(0)), sde, scaled_digits(), config, 3);
}

/// Gradients of a weighted sum of the output by all parameters, none of which is zero.
std::vector<Tensor> gradients(Precision precision) {
  const auto network = make_network(small, Shape{16, 16, 1}, Rng(0));
  std::vector<Tensor> leaves;
  for (const auto& p : network->trainable_parameters())
    leaves.push_back(*p.tensor = (*p.tensor + Rng(leaves.size()).normal(p.tensor->shape()) * 0.05).detach().leaf());
  const MixedPrecision scope(precision);
  const Tensor y = (*network)(Rng(1).normal({4, 16, 16, 1}), Tensor::full({4}, 300));
  return grad(mean(square(y - Rng(2).normal(y.shape()))), leaves);
}

struct Agreement {
  double cosine, relative_error;
};

Agreement agreement(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double ab = 0, aa = 0, bb = 0, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::int64_t j = 0; j < a[i].size(); ++j) {
      const double x = a[i].at(j), y = b[i].at(j);
      ab += x * y;
      aa += x * x;
      bb += y * y;
      difference += (x - y) * (x - y);
    }
  return {ab / std::sqrt(aa * bb), std::sqrt(difference / bb)};
}

struct Threads {
  explicit Threads(int count) { set_thread_count(count); }
  ~Threads() { set_thread_count(before); }
  int before = thread_count();
};

std::vector<double> parameters_after(int steps, int threads) {
  const Threads scope(threads);
  Trainer t = trainer("bf16");
  for (int i = 0; i < steps; ++i) t.step();
  std::vector<double> result;
  for (const auto& [name, tensor] : t.state().tensors) {
    const auto values = tensor.to_vector();
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

}  // namespace

TEST_CASE("gradients of a U-Net in bf16 point where those in f32 do") {
  const auto in_f32 = gradients(Precision::f32), in_bf16 = gradients(Precision::bf16);
  const Agreement found = agreement(in_bf16, in_f32);
  INFO("cosine " << found.cosine << ", relative error " << found.relative_error);
  CHECK(found.cosine > 0.999);
  CHECK(found.relative_error < 0.03);
  CHECK(found.relative_error > 1e-4);  // negative control: they differ
}

TEST_CASE("training in bf16 has the same bits for any number of threads") {
  const auto one = parameters_after(4, 1);
  CHECK(one == parameters_after(4, 2));
  CHECK(one == parameters_after(4, 3));
}

TEST_CASE("training in bf16 reaches the loss of f32 on the digits") {
  Trainer in_f32 = trainer("f32"), in_bf16 = trainer("bf16");
  double loss_f32 = 0, loss_bf16 = 0, first = 0;
  for (int i = 0; i < 200; ++i) {
    const double a = in_f32.step().loss, b = in_bf16.step().loss;
    if (i == 0) first = a;
    if (i < 150) continue;
    loss_f32 += a / 50;
    loss_bf16 += b / 50;
  }
  INFO("f32 " << loss_f32 << ", bf16 " << loss_bf16);
  CHECK(loss_f32 < 0.5 * first);
  CHECK(loss_bf16 == Approx(loss_f32).epsilon(0.03));
  CHECK(loss_bf16 != loss_f32);
}

TEST_CASE("samples of a score in bf16 are near those in f32 and depend on neither threads nor their number") {
  const auto network = std::shared_ptr<Network>(make_network(small, Shape{8, 8, 1}, Rng(0)));
  Tensor& last = *network->parameters().back().tensor;
  REQUIRE(last.shape() == Shape{1});  // the output layer starts at zero
  for (const auto& p : network->parameters())
    if (p.name == "conv_out.weight") *p.tensor = Rng(5).normal(p.tensor->shape()) * 0.05;
  const auto draw = [&](std::int64_t n, const std::string& precision, int count) {
    const Threads scope(count);
    return sample(noise_score(*network, sde), sde, {.solver = "ddim", .steps = 10, .n = n, .precision = precision},
                  {.shape = {8, 8, 1}})
        .values;
  };
  const Tensor in_f32 = draw(40, "f32", 2), in_bf16 = draw(40, "bf16", 2);
  const double error = std::sqrt(sum(square(in_bf16 - in_f32)).item() / sum(square(in_f32)).item());
  CHECK(error < 0.01);
  CHECK(error > 1e-5);
  CHECK(draw(40, "bf16", 3).to_vector() == in_bf16.to_vector());
  CHECK(draw(7, "bf16", 1).to_vector() == in_bf16.rows(0, 7).to_vector());
  CHECK_THROWS_WITH(draw(1, "f16", 1), Catch::Contains("bf16"));
}
