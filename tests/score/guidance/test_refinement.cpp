#include "fokker/score/guidance/refinement.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;
const std::vector<std::vector<double>> means = {{-1, 0.5}, {1.5, 0}};
const std::vector<double> deviations = {0.2, 0.3};
/// The data, and a model that gives the second mode too little.
const GaussianMixture data(means, deviations, {0.5, 0.5}), model(means, deviations, {0.9, 0.1});

LogRatio exact_ratio() {
  return [](const Tensor& x, double t) {
    return data.diffused(sde.marginal(t)).log_density(x) - model.diffused(sde.marginal(t)).log_density(x);
  };
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double most = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a.at(i) - b.at(i)));
  return most;
}

double share_of_second_mode(const Score& score) {
  const SampleConfig config{.solver = "dpmpp_2m", .steps = 40, .n = 4000, .grid = "log_snr"};
  const Samples samples = sample(score, sde, config, {.shape = {2}});
  double share = 0;
  for (std::int64_t i = 0; i < config.n; ++i) share += samples.values.at(2 * i) > 0.2 ? 1.0 / 4000 : 0;
  return share;
}

}  // namespace

TEST_CASE("a biased score with the log ratio's gradient is the score of the data") {
  const Score refined = refine(model.score(sde), exact_ratio());
  const Tensor x = Rng(1).normal({200, 2}, Dtype::f64) * 1.5;
  for (const double t : {0.01, 0.2, 0.6, 1.0}) {
    const NoGrad off_tape;
    const Tensor exact = data.score(sde)(x, t), biased = model.score(sde)(x, t);
    CHECK(largest_difference(refined(x, t), exact) < 1e-9);
    CHECK(largest_difference(refine(model.score(sde), exact_ratio(), 0)(x, t), biased) < 1e-12);
    const Tensor half = refine(model.score(sde), exact_ratio(), 0.5)(x, t);
    CHECK(largest_difference(half, (exact + biased) * 0.5) < 1e-9);
  }
  CHECK(largest_difference(data.score(sde)(x, 0.2), model.score(sde)(x, 0.2)) > 0.1);
}

TEST_CASE("a refined score can be differentiated") {
  const Tensor x = (Rng(2).normal({5, 2}, Dtype::f64) * 0.7).leaf();
  const double t = 0.4;
  const Tensor found = grad(refine(model.score(sde), exact_ratio())(x, t), x);
  const Tensor exact = grad(data.score(sde)(x, t), x);
  CHECK(largest_difference(found, exact) < 1e-8);
}

TEST_CASE("samples of the refined score have the data's modes in their shares") {
  const double error = 4 * std::sqrt(0.25 / 4000);
  CHECK(share_of_second_mode(refine(model.score(sde), exact_ratio())) == Approx(0.5).margin(error + 0.01));
  CHECK(share_of_second_mode(model.score(sde)) == Approx(0.1).margin(error + 0.01));
}

TEST_CASE("a refined score differs from sample to sample where the score does") {
  const Score plain = model.score(sde);
  const Score by_rows = Score::by_rows([plain](std::span<const std::int64_t> samples) -> Score {
    return [plain, first = samples[0]](const Tensor& x, double t) { return plain(x, t) * static_cast<double>(first); };
  });
  const Score refined = refine(by_rows, exact_ratio(), 0);
  const Tensor x = Rng(1).normal({4, 2}, Dtype::f64);
  const NoGrad off_tape;
  CHECK(refined.rows(3, 4)(x, 0.3).to_vector() == (plain(x, 0.3) * 3.0).to_vector());
  CHECK(refine(Score::whole(plain), exact_ratio()).whole_batch());
}
