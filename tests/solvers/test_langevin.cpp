#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/solvers/langevin.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

double second_moment(const Tensor& x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) sum += x.at(i) * x.at(i);
  return sum / static_cast<double>(x.size());
}

constexpr std::int64_t n = 20'000;
constexpr double variance = 0.36;

/// The variance after 60 steps of ε = 0.3 V from the stationary law of N(0, V).
double after_langevin(double score_factor, double noise_factor) {
  const Score score = [=](const Tensor& x, double) { return x * (-score_factor / variance); };
  const SequentialNoise noise(5, {n, 1}, Dtype::f64, 0, Stream::corrector);
  class Scaled final : public BrownianMotion {
   public:
    Scaled(const BrownianMotion& noise, double factor) : noise_(noise), factor_(factor) {}
    BrownianIncrement increment(std::int64_t step, double t0, double t1, int areas) const override {
      return {noise_.increment(step, t0, t1, areas).w * factor_, {}, {}};
    }

   private:
    const BrownianMotion& noise_;
    double factor_;
  } scaled(noise, noise_factor);
  const Tensor x = Rng(6).normal({n, 1}, Dtype::f64) * std::sqrt(variance);
  return second_moment(langevin(score, scaled, x, {0.5, 0.3 * variance, 60, 0}));
}

}  // namespace

TEST_CASE("unadjusted Langevin has the variance V / (1 − ε/2V)") {
  const double wanted = variance / (1 - 0.15);
  const auto close = [&](double got) { return std::abs(got / wanted - 1) < 4.5 * std::sqrt(2.0 / n); };
  CHECK(close(after_langevin(1, 1)));
  // Controls: noise without its √2, a score of half size, a score of the wrong sign.
  CHECK_FALSE(close(after_langevin(1, std::sqrt(0.5))));
  CHECK_FALSE(close(after_langevin(0.5, 1)));
  CHECK_FALSE(close(after_langevin(-1, 1)));
}

TEST_CASE("the corrector's step inflates the variance by at most 1/(1 − r²)") {
  const double r = 0.3, sigma = 0.6, step = corrector_step(r, sigma);
  CHECK(step == Approx(2 * 0.09 * 0.36));
  CHECK(1 / (1 - step / (2 * sigma * sigma)) == Approx(1 / (1 - r * r)));
}

TEST_CASE("the annealing step brings the variance nearest to the next level's") {
  for (const double ratio : {1.05, 1.3, 2.0})
    for (const int steps : {1, 3, 10}) {
      const auto final_variance = [&](double e) {
        double v = ratio * ratio;
        for (int i = 0; i < steps; ++i) v = (1 - e) * (1 - e) * v + 2 * e;
        return v;
      };
      const double best = annealing_step(ratio, steps);
      INFO("ratio " << ratio << ", steps " << steps << ": " << best);
      CHECK(best > 0);
      CHECK(best < 1);
      for (double e = 0.001; e < 1; e += 0.001) CHECK(final_variance(best) <= final_variance(e) + 1e-12);
      CHECK(final_variance(best) < ratio * ratio);
    }
  // One step: v(e) = (1 − e)² γ² + 2e is least at e = 1 − 1/γ².
  CHECK(annealing_step(2, 1) == Approx(0.75).epsilon(1e-6));
}
