#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/optim/optimizer.h"
#include "fokker/score/guidance/guidance.h"
#include "fokker/score/networks/noisy_classifier.h"
#include "fokker/score/objectives/classification.h"
#include "fokker/score/parameterization.h"
#include "fokker/sde/edm.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

namespace fokker {
namespace {

/// Two equal classes N(±1, ½²): p(y = 1 | x_t) is known at every time.
struct TwoClasses {
  const ForwardSde& sde;
  GaussianMixture left{{{-1}}, {0.5}}, right{{{1}}, {0.5}};

  double log_odds(double x, double t) const {
    const Tensor at = Tensor::from({x}, {1, 1}, Dtype::f64);
    const Marginal m = sde.marginal(t);
    return right.diffused(m).log_density(at).item() - left.diffused(m).log_density(at).item();
  }
};

}  // namespace

TEST_CASE("a classifier under noise learns the class probabilities of every time", "[classifier]") {
  const VP preserving;
  const EDM exploding(
      {.sigma_min = 0.002, .sigma_max = 80});  // its inputs are far from variance 1 unless they are scaled
  const bool explodes = GENERATE(false, true);
  const TwoClasses law{explodes ? static_cast<const ForwardSde&>(exploding) : preserving};
  const NoisyClassifier network({64, 64}, 2, {1}, Rng(0, Stream::initialisation));
  const auto replica = network.replica();
  std::vector<Tensor> leaves;
  for (const auto& p : replica->trainable_parameters()) leaves.push_back(*p.tensor);
  NoisyClassifier trained(network);
  Adam adam(trained.trainable_parameters());
  const NoisyClassification objective(law.sde, {.kind = "stratified", .t_min = law.sde.t_min()});
  constexpr std::int64_t batch = 512;
  for (std::uint32_t step = 0; step < 400; ++step) {
    Shard shard{
        .x0 = Rng(1, Stream::data, step).normal({batch, 1}) * 0.5, .seed = 2, .step = step, .first = 0, .batch = batch};
    for (std::int64_t i = 0; i < batch; ++i) {
      shard.condition.labels.push_back(i % 2);
      shard.x0.data<float>()[static_cast<std::size_t>(i)] += i % 2 == 1 ? 1.0F : -1.0F;
    }
    const ShardLoss loss = objective.loss(static_cast<const NoisyClassifier&>(*replica), shard);
    CHECK(std::ssize(loss.error) == batch);
    adam.step(grad(loss.total, leaves), 3e-3);
  }
  const auto shared = std::make_shared<NoisyClassifier>(trained);
  const auto logits = noisy_logits(shared, law.sde);
  double sum = 0, untrained = 0;
  int count = 0;
  const std::vector<double> times = explodes ? std::vector<double>{0.5, 2, 6} : std::vector<double>{0.05, 0.2, 0.5};
  for (const double t : times)
    for (const double deviations : {-2.0, -1.0, -0.3, 0.0, 0.4, 1.0, 2.0}) {
      const double x = deviations / input_scale(law.sde.marginal(t));
      const Tensor y = logits(Tensor::from({x}, {1, 1}), t);
      const double p = 1 / (1 + std::exp(y.at(0) - y.at(1))), exact = 1 / (1 + std::exp(-law.log_odds(x, t)));
      sum += (p - exact) * (p - exact);
      untrained += (0.5 - exact) * (0.5 - exact);
      ++count;
    }
  CHECK(std::sqrt(sum / count) < 0.05);
  CHECK(std::sqrt(untrained / count) > (explodes ? 0.2 : 0.3));  // the control: a coin
  const Score gradient = label_gradient(logits, {1});
  CHECK(gradient(Tensor::from({-0.2}, {1, 1}), 0.3).item() > 0);
  CHECK(label_gradient(logits, {0})(Tensor::from({0.2}, {1, 1}), 0.3).item() < 0);
}

TEST_CASE("a classifier refuses what is none", "[classifier]") {
  CHECK_THROWS_AS(NoisyClassifier({8}, 1, {2}, Rng(0)), ConfigError);
  const VP sde;
  const NoisyClassification objective(sde, {});
  const auto network = std::make_shared<NoisyClassifier>(std::vector<std::int64_t>{8}, 3, Shape{8, 8, 1}, Rng(0));
  CHECK_THROWS_AS(objective.score(network), ConfigError);
  CHECK_THROWS_AS(
      objective.loss(*network, {.x0 = Tensor::zeros({2, 8, 8, 1}), .seed = 0, .step = 0, .first = 0, .batch = 2}),
      ConfigError);
  CHECK(noisy_logits(network, sde)(Tensor::zeros({2, 8, 8, 1}), 0.5).shape() == Shape{2, 3});
}

}  // namespace fokker
