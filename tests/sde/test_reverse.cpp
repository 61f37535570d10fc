#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/sde/clock.h"
#include "fokker/sde/langevin.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/registry.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

const GaussianMixture law({{-1.0}, {0.5}}, {0.3, 0.2}, {1, 2});
const Tensor x = Tensor::from({-1.3, 0.2, 0.9}, {3, 1}, Dtype::f64);

}  // namespace

TEST_CASE("reverse drift and diffusion are the formula's for every eta") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    const double t = 0.4 * sde->t_max(), f = sde->drift_rate(t), g = sde->diffusion_rate(t);
    const Score score = law.score(*sde);
    const Tensor s = score(x, t);
    for (const double eta : {0.0, 0.5, 1.0}) {
      const ReverseSde reversed = reverse(*sde, score, eta);
      const Tensor drift = reversed.drift(x, t);
      for (std::int64_t i = 0; i < 3; ++i)
        CHECK(drift.at(i) == Approx(f * x.at(i) - 0.5 * (1 + eta * eta) * g * g * s.at(i)).epsilon(1e-12));
      CHECK(reversed.diffusion(x, t).item() == Approx(eta * g).margin(0));
      CHECK(reversed.noise() == (eta > 0 ? Noise::additive : Noise::none));
    }
  }
  CHECK_THROWS_AS(reverse(*make_sde({}), law.score(*make_sde({})), -1), ConfigError);
}

TEST_CASE("the reverse drift keeps the marginals: Fokker-Planck") {
  // With v the probability flow's drift, ∂p/∂t = −(v p)′, checked by differences.
  const auto sde = make_sde({});
  const double t = 0.35, e = 1e-4;
  const ReverseSde flow = reverse(*sde, law.score(*sde), 0);
  const auto density = [&](double at, double time) {
    return std::exp(law.diffused(sde->marginal(time)).log_density(Tensor::full({1, 1}, at, Dtype::f64)).item());
  };
  const auto flux = [&](double at) {
    return flow.drift(Tensor::full({1, 1}, at, Dtype::f64), t).item() * density(at, t);
  };
  for (const double at : {-1.1, -0.2, 0.6}) {
    const double change = (density(at, t + e) - density(at, t - e)) / (2 * e);
    CHECK(change == Approx(-(flux(at + e) - flux(at - e)) / (2 * e)).epsilon(1e-5).margin(1e-7));
  }
}

TEST_CASE("clocks map times both ways") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    for (const auto& kind : clock_names()) {
      const double t = 0.3 * sde->t_max(), reading = to_clock(*sde, clock(kind), t);
      CHECK(from_clock(*sde, clock(kind), reading) == Approx(t).epsilon(1e-12));
      const auto reversed = clocked_reverse(*sde, law.score(*sde), clock(kind));
      const Tensor back = reversed->leave(reversed->enter(x, t), t);
      for (std::int64_t i = 0; i < 3; ++i) CHECK(back.at(i) == Approx(x.at(i)).epsilon(1e-14));
    }
  }
  CHECK_THROWS_WITH(clock("snd"), Catch::Contains("log_snr"));
}

TEST_CASE("the reverse SDE in another clock is the same SDE") {
  for (const auto& name : sde_names()) {
    const auto sde = make_sde({.kind = name});
    const Score score = law.score(*sde);
    const double t = 0.3 * sde->t_max(), e = 1e-6 * t;
    const auto slope = [&](auto&& of) { return (of(t + e) - of(t - e)) / (2 * e); };
    const auto in_t = clocked_reverse(*sde, score, Clock::t, 1);
    const Tensor drift = in_t->drift(x, t);
    const double g = in_t->diffusion(x, t).item();
    for (const Clock c : {Clock::log_snr, Clock::snr}) {
      INFO(name << ", clock " << clock_names()[static_cast<std::size_t>(c)]);
      const auto other = clocked_reverse(*sde, score, c, 1);
      const double rate = slope([&](double s) { return to_clock(*sde, c, s); });
      const double reading = to_clock(*sde, c, t);
      const double scale = other->enter(Tensor::ones({1, 1}, Dtype::f64), t).item();
      const double scale_slope = slope([&](double s) {
        return other->enter(Tensor::ones({1, 1}, Dtype::f64), s).item();
      });
      // y = c(t) x:  dy = (c f + c′ x) dt + c g dB, and dt = dτ/rate backwards.
      const Tensor got = other->drift(other->enter(x, t), reading);
      for (std::int64_t i = 0; i < 3; ++i)
        CHECK(got.at(i) == Approx((scale * drift.at(i) + scale_slope * x.at(i)) / rate).epsilon(1e-6));
      CHECK(other->diffusion(x, reading).item() == Approx(scale * g / std::sqrt(-rate)).epsilon(1e-6));
    }
  }
  CHECK_THROWS_WITH(clocked_reverse(*make_sde({}), law.score(*make_sde({})), Clock::snr, 0),
                    Catch::Contains("eta = 1"));
}

TEST_CASE("Langevin dynamics and the denoiser") {
  const auto sde = make_sde({});
  const Score score = law.score(*sde);
  const LangevinSde langevin(score, 0.2);
  CHECK(langevin.drift(x, 99).at(0) == score(x, 0.2).at(0));
  CHECK(langevin.diffusion(x, 0).item() == Approx(std::sqrt(2)));
  const Tensor a = denoise(*sde, score, x, 0.2), b = law.denoise(x, sde->marginal(0.2));
  for (std::int64_t i = 0; i < 3; ++i) CHECK(a.at(i) == Approx(b.at(i)).epsilon(1e-12));
}
