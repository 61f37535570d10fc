#include "fokker/solvers/ode/latent.h"

#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/sampler.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

double rms(const Tensor& a, const Tensor& b) { return std::sqrt(mean(square(a - b)).item()); }
double norm(const Tensor& x) { return std::sqrt(sum(square(x)).item()); }

}  // namespace

TEST_CASE("decode inverts encode, to the tolerance") {
  const GaussianMixture mixture = GaussianMixture::ring();
  for (const auto& kind : sde_names()) {
    const auto sde = make_sde({.kind = kind});
    const Score score = mixture.score(*sde);
    const Tensor x = mixture.diffused(sde->marginal(sde->t_min())).sample(40, Rng(2), Dtype::f64);
    double error[2];
    for (int i = 0; i < 2; ++i) {
      const FlowConfig config{.tolerance = i == 0 ? 1e-4 : 1e-8};
      const Carried latent = encode(score, *sde, x, config);
      error[i] = rms(decode(score, *sde, latent.x, config).x, x);
      CHECK(rms(latent.x, x) > 0.1);
    }
    INFO(kind << ": " << error[0] << ", " << error[1]);
    CHECK(error[1] < 1e-5);
    CHECK(error[1] < 0.05 * error[0]);
  }
}

TEST_CASE("a Gaussian is encoded by its exact map") {
  // x_t = m α + √(α² s² + σ²) z for every t.
  const double m = 0.7, s = 0.5;
  const GaussianMixture gaussian({{m}}, {s});
  const VP sde;
  const Tensor x = Tensor::from({-0.6, 0.1, 0.9, 2}, {4, 1}, Dtype::f64);
  const auto spread = [&](double t) { return std::hypot(sde.marginal(t).alpha * s, sde.marginal(t).sigma); };
  const double a0 = sde.marginal(sde.t_min()).alpha, a1 = sde.marginal(1).alpha;
  const Tensor exact = (x - a0 * m) * (spread(1) / spread(sde.t_min())) + a1 * m;
  for (const char* clock : {"t", "log_snr"}) {
    const FlowConfig config{.tolerance = 1e-10, .clock = clock};
    CHECK(rms(encode(gaussian.score(sde), sde, x, config).x, exact) < 1e-8);
    CHECK(rms(decode(gaussian.score(sde), sde, exact, config).x, x) < 1e-8);
  }
}

TEST_CASE("decode continues a draw of the prior as the sampler does") {
  const GaussianMixture mixture = GaussianMixture::ring();
  const VP sde;
  const SampleConfig drawn{
      .solver = "probability_flow", .n = 30, .clock = "log_snr", .denoise = false, .tolerance = 1e-7};
  const Samples samples = sample(mixture.score(sde), sde, drawn, {.dtype = Dtype::f64});
  const Tensor prior = sde.prior({30, 2}, Rng(0), Dtype::f64);
  const Carried decoded = decode(mixture.score(sde), sde, prior, {.tolerance = 1e-7, .clock = "log_snr"});
  CHECK(rms(decoded.x, samples.values) == 0);
  CHECK(decoded.nfe() == samples.nfe);
}

TEST_CASE("slerp keeps the norm and the plane") {
  const Tensor a = Tensor::from({3, 0, 0, 0, 2, 0}, {2, 3}, Dtype::f64);
  const Tensor b = Tensor::from({0, 3, 0, 0, 2, 0}, {2, 3}, Dtype::f64);
  for (const double w : {0.0, 0.25, 0.5, 1.0}) {
    const Tensor c = slerp(a, b, w);
    CHECK(c.at(0) == Approx(3 * std::cos(0.5 * M_PI * w)).margin(1e-12));
    CHECK(c.at(1) == Approx(3 * std::sin(0.5 * M_PI * w)).margin(1e-12));
    CHECK(c.at(2) == 0);
    CHECK(c.at(4) == Approx(2));  // parallel: linear
  }
  const Tensor x = Rng(1).normal({1, 3000}, Dtype::f64), y = Rng(2).normal({1, 3000}, Dtype::f64);
  CHECK(norm(slerp(x, y, 0.5)) == Approx(std::sqrt(3000.)).epsilon(0.03));
  CHECK(norm(x * 0.5 + y * 0.5) < 0.75 * std::sqrt(3000.));
  CHECK_THROWS_AS(slerp(x, a, 0.5), ShapeError);
}

TEST_CASE("interpolation begins and ends at its ends and stays in the law's support") {
  const GaussianMixture mixture = GaussianMixture::ring(8, 2, 0.2);
  const VP sde;
  const GaussianMixture law = mixture.diffused(sde.marginal(sde.t_min()));
  const Tensor a = law.sample(12, Rng(3), Dtype::f64), b = law.sample(12, Rng(4), Dtype::f64);
  const double weights[] = {0, 0.2, 0.4, 0.6, 0.8, 1};
  const Tensor path = interpolate(mixture.score(sde), sde, a, b, weights, {.tolerance = 1e-7});
  REQUIRE(path.shape() == Shape{6, 12, 2});
  const auto at = [&](std::int64_t i) { return path.rows(i, i + 1).view({12, 2}); };
  CHECK(rms(at(0), a) < 1e-4);
  CHECK(rms(at(5), b) < 1e-4);
  // A straight line in data space crosses the empty middle of the ring.
  const double on_path = mean(law.log_density(reshape(path, {72, 2}))).item();
  const double on_line = mean(law.log_density(a * 0.5 + b * 0.5)).item();
  CHECK(on_path > on_line + 3);
}
