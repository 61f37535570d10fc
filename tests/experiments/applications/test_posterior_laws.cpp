// The law of samples under a linear measurement of a mixture, whose exact posterior is a mixture.
#include <cmath>
#include <map>

#include "fokker/experiments/statistics/two_sample.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/posterior/twisted.h"
#include "tests/support/catch.h"
#include "tests/support/posterior.h"

using namespace fokker;

namespace {

constexpr std::int64_t n = 2000;

/// Data on three modes in space, two of which the measurement does not tell apart.
struct Problem {
  ExactPosterior law{{{1.2, 0.4, -0.6}, {-0.9, 0.8, 0.7}, {0.1, -1.3, 0.5}}, {0.3, 0.25, 0.35}, {0.5, 0.3, 0.2}};
  Eigen::MatrixXd a;
  Operator op;
  std::vector<double> y;
  double noise;

  Tensor exact(std::uint64_t seed) const {
    return law.sample(n, a, Eigen::Map<const Eigen::VectorXd>(y.data(), std::ssize(y)), noise, Rng(seed));
  }
  /// What n exact draws reach: mean and five standard deviations of their distance to others.
  double bound() const {
    double sum = 0, squares = 0;
    constexpr int pairs = 12;
    for (std::uint64_t seed = 0; seed < pairs; ++seed) {
      const double distance = energy_distance(exact(100 + 2 * seed), exact(101 + 2 * seed));
      sum += distance / pairs;
      squares += distance * distance / pairs;
    }
    return sum + 5 * std::sqrt(squares - sum * sum);
  }
  Measurement measured() const { return {op, repeated(y, n), noise}; }
};

Problem known_coordinate() {
  Eigen::MatrixXd a(1, 3);
  a << 0, 0, 1;
  return {.a = a, .op = masking({3}, {false, false, true}), .y = {0.55}, .noise = 0.1};
}

Problem mixed() {
  Eigen::MatrixXd a(2, 3);
  a << 0.6, 0.9, 0.3, -0.2, 0.1, 0.8;
  return {.a = a,
          .op = dense({3}, Tensor::from({0.6, 0.9, 0.3, -0.2, 0.1, 0.8}, {2, 3}, Dtype::f64)),
          .y = {0.25, 0.35},
          .noise = 0.3};
}

const VP sde;
const SampleConfig config{.solver = "ancestral", .steps = 100, .n = n, .grid = "log_snr"};
const SampleOptions options{.shape = {3}};

Tensor drawn(const Problem& problem, const PosteriorConfig& method, const SampleConfig& by = config) {
  const Score score = posterior_score(problem.law.prior().score(sde), sde, problem.measured(), method);
  return sample(score, sde, by, options).values;
}

Tensor twisted(const Problem& problem, std::int64_t particles) {
  return sample_twisted(problem.law.prior().score(sde), sde, problem.measured(),
                        {.particles = particles, .data_sigma = 0.9}, config, options)
      .values;
}

}  // namespace

TEST_CASE("twisted sampling draws from the exact posterior of a mixture; the approximations do not") {
  for (const Problem& problem : {known_coordinate(), mixed()}) {
    const double bound = problem.bound();
    const Tensor exact = problem.exact(1);
    const auto distance = [&](const Tensor& x) { return energy_distance(x, exact); };
    std::map<std::string, double> found;
    for (const char* method : {"replacement", "dps", "pigdm", "mmps"})
      found[method] = distance(drawn(problem, {.method = method, .data_sigma = 0.9}));
    SampleConfig again = config;
    again.solver = "repaint";
    found["repaint"] = distance(drawn(problem, {.method = "replacement"}, again));
    const double one = distance(twisted(problem, 1)), many = distance(twisted(problem, 64));
    INFO("bound " << bound << ": twisted 64 " << many << ", twisted 1 " << one << ", replacement "
                  << found["replacement"] << ", repaint " << found["repaint"] << ", dps " << found["dps"] << ", pigdm "
                  << found["pigdm"] << ", mmps " << found["mmps"]);
    CHECK(many < bound);
    CHECK(one > 2 * bound);
    CHECK(found["replacement"] > 2 * bound);
    CHECK(found["dps"] > 2 * bound);
    CHECK(found["pigdm"] > 2 * bound);
    CHECK(found["mmps"] > 2 * bound);
    CHECK(found["repaint"] < found["replacement"]);
  }
}
