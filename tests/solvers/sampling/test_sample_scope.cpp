#include <numeric>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/reverse.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/langevin/chains.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"
#include "fokker/solvers/ode/latent.h"
#include "fokker/solvers/sampling/registry.h"
#include "fokker/solvers/sampling/sampler.h"
#include "fokker/solvers/steppers/simulate.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const VP sde;
constexpr std::int64_t n = 20;
constexpr double deviation = 0.5;

/// The mean of the class of sample i: five classes in turn.
double mean_of(std::int64_t i) { return static_cast<double>(i % 5) - 2; }

/// ∇ log p_t of N(mean_of(i), deviation²) for sample i.
Score labelled() {
  return Score::by_rows([](std::span<const std::int64_t> samples) -> Score {
    std::vector<double> means;
    for (const std::int64_t i : samples) means.push_back(mean_of(i));
    return [means](const Tensor& x, double t) {
      const Marginal at = sde.marginal(t);
      const Tensor mean = Tensor::from(means, {std::ssize(means), 1}, x.dtype()) * at.alpha;
      return (mean - x) / (at.alpha * at.alpha * deviation * deviation + at.sigma * at.sigma);
    };
  });
}

/// A plain function around the labelled score, as users write guidance.
Score wrapped() {
  return [inner = labelled()](const Tensor& x, double t) { return inner(x, t) * 1.0; };
}

/// The same values for shards of 1, 7 and all samples, with and without the lambda.
template <class Draw>
std::vector<double> in_any_shard(Draw draw) {
  const std::vector<double> wanted = draw(labelled(), n);
  for (const std::int64_t shard : {std::int64_t{1}, std::int64_t{7}, n})
    for (const Score& score : {labelled(), wrapped()}) {
      INFO("shards of " << shard);
      CHECK(draw(score, shard) == wanted);
    }
  return wanted;
}

Tensor class_means() {
  std::vector<double> means;
  for (std::int64_t i = 0; i < n; ++i) means.push_back(mean_of(i));
  return Tensor::from(means, {n, 1}, Dtype::f64);
}

}  // namespace

TEST_CASE("samples of a labelled score in a lambda have their own labels in any shard") {
  const SampleConfig config{.solver = "heun", .steps = 40, .eta = 0, .n = n, .seed = 1};
  const auto values = in_any_shard([&](const Score& score, std::int64_t shard) {
    return sample(score, sde, config, {.shape = {1}, .dtype = Dtype::f64, .shard = shard}).values.to_vector();
  });
  // Each class has the spread of one Gaussian: the sum of squares is chi-squared with n degrees of freedom.
  double squares = 0;
  for (std::int64_t i = 0; i < n; ++i)
    squares += std::pow((values[static_cast<std::size_t>(i)] - mean_of(i)) / deviation, 2);
  CHECK(squares < 45.3);  // its quantile .999
}

TEST_CASE("paths of a labelled reverse SDE have their own labels in any shard") {
  const auto grid = std::vector<double>{1, 0.7, 0.4, 0.1};
  const Tensor start = Rng(2).normal({n, 1}, Dtype::f64);
  in_any_shard([&](const Score& score, std::int64_t shard) {
    return simulate(reverse(sde, score), *make_solver("euler_maruyama"), start, grid, {.shard = shard}).to_vector();
  });
}

TEST_CASE("latents and likelihoods under labels are those of each sample's label in any shard") {
  const Tensor x = class_means() + Rng(3).normal({n, 1}, Dtype::f64);
  const auto encoded = in_any_shard([&](const Score& score, std::int64_t shard) {
    return encode(score, sde, x, {}, {.shard = shard}).x.to_vector();
  });
  // The probability flow of a Gaussian maps its quantiles to those of the prior.
  const Marginal end = sde.marginal(1), begin = sde.marginal(sde.t_min());
  for (std::int64_t i = 0; i < n; ++i) {
    const auto spread = [](Marginal at) { return std::hypot(at.alpha * deviation, at.sigma); };
    const double z = (x.at(i) - begin.alpha * mean_of(i)) / spread(begin);
    CHECK(encoded[static_cast<std::size_t>(i)] == Approx(end.alpha * mean_of(i) + spread(end) * z).margin(1e-3));
  }
  in_any_shard([&](const Score& score, std::int64_t shard) {
    LikelihoodOptions options;
    options.shard = shard;
    return log_likelihood(score, sde, x, {}, options).log_density.to_vector();
  });
  in_any_shard([&](const Score& score, std::int64_t shard) {
    return variational_bound(score, sde, x, {.steps = 20}, {.shard = shard}).diffusion.to_vector();
  });
}

TEST_CASE("chains of a labelled score keep their labels in any shard") {
  ChainConfig config{.method = "ula", .step = 0.05};
  config.chains = n, config.steps = 20, config.burn_in = 0;
  in_any_shard([&](const Score& score, std::int64_t shard) {
    return run_chains({score, 0.2}, config, {.shape = {1}, .shard = shard}).draws.to_vector();
  });
}

TEST_CASE("a score knows the samples of the scopes around it") {
  const Tensor x = Tensor::zeros({3, 1}, Dtype::f64);
  const auto at = [&](const Score& score, const Tensor& rows) { return score(rows, 0.5).to_vector(); };
  const std::vector<double> all = at(labelled(), Tensor::zeros({n, 1}, Dtype::f64));
  const auto part = [&](std::vector<std::size_t> which) {
    std::vector<double> values;
    for (const std::size_t i : which) values.push_back(all[i]);
    return values;
  };
  for (const Score& score : {labelled(), wrapped()}) {
    CHECK(at(score, x) == part({0, 1, 2}));
    CHECK(at(score.rows(4, 3), x) == part({4, 5, 6}));
    CHECK(at(score.rows(4, 10).rows(2, 3), x) == part({6, 7, 8}));
    CHECK_THROWS_WITH(at(score.rows(4, 2), x), Catch::Contains("rows(4, 2) has 2 samples"));
    const SampleScope outer(10, 5);
    CHECK_THROWS_WITH(at(score, x), Catch::Contains("each of the 5 samples in work, got [3, 1]"));
    const std::vector<std::size_t> places = {0, 3, 4};
    const SampleScope inner(places);
    CHECK(at(score, x) == part({10, 13, 14}));
  }
  CHECK(at(labelled(), x) == part({0, 1, 2}));
}

TEST_CASE("what a score by rows makes of its samples is made once for each scope") {
  int made = 0;
  const Score counted = Score::by_rows([&](std::span<const std::int64_t>) -> Score {
    ++made;
    return [](const Tensor& x, double) { return x; };
  });
  const Score around = [counted](const Tensor& x, double t) { return counted(x, t) + counted(x, t); };
  const SampleScope scope(0, 2);
  for (int i = 0; i < 5; ++i) around(Tensor::zeros({2, 1}), 0.1);
  CHECK(made == 1);
}

TEST_CASE("a function of scores takes its batches whole where one of them does") {
  const Score plain = [](const Tensor& x, double) { return x; };
  const Score parts[] = {plain, Score::whole(plain)};
  CHECK(Score::of(parts, plain).whole_batch());
  CHECK_FALSE(Score::of({parts, 1}, plain).whole_batch());
  CHECK_FALSE(reverse(sde, parts[1]).takes_shards());
  CHECK_FALSE(static_cast<bool>(Score()));
  CHECK_THROWS_WITH(Score()(Tensor::zeros({1, 1}), 0), Catch::Contains("empty score"));
}
