#include "fokker/score/parameterization.h"

#include <cmath>

#include "fokker/sde/edm.h"
#include "fokker/sde/interpolant.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// What each prediction would say of x_t = α x₀ + σ ε.
double truth(Prediction p, double x0, double epsilon, const Level& m) {
  const double variance = m.alpha * m.alpha * m.data_sigma * m.data_sigma + m.sigma * m.sigma;
  switch (p) {
    case Prediction::epsilon: return epsilon;
    case Prediction::x0: return x0;
    case Prediction::v: return m.alpha * epsilon - m.sigma * x0;
    case Prediction::score: return -epsilon / m.sigma;
    case Prediction::velocity: return m.alpha_rate * x0 + m.sigma_rate * epsilon;
    case Prediction::edm: {
      // (x₀ − c_skip x̃)/c_out at x̃ = x/α, σ̃ = σ/α [karras2022, table 1]
      const double s = m.sigma / m.alpha, d = m.data_sigma;
      const double skip = d * d / (s * s + d * d), out = s * d / std::sqrt(s * s + d * d);
      CHECK((m.sigma * x0 / d - m.alpha * d * epsilon) / std::sqrt(variance) ==
            Approx((x0 - skip * (x0 + s * epsilon)) / out));
      return (x0 - skip * (x0 + s * epsilon)) / out;
    }
  }
  return 0;
}

constexpr Prediction all[] = {Prediction::epsilon, Prediction::x0,       Prediction::v,
                              Prediction::score,   Prediction::velocity, Prediction::edm};

/// Returns `value` everywhere, and keeps what it was given.
struct Constant final : Network {
  double value = 0;
  mutable double seen_x = 0, seen_time = 0;
  Tensor operator()(const Tensor& x, const Tensor& time, const Pass&) const override {
    seen_x = x.at(0);
    seen_time = time.at(0);
    return Tensor::full(x.shape(), value, x.dtype());
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Constant>(*this); }
  void visit(const ParameterVisitor&) override {}
};

}  // namespace

TEST_CASE("every prediction converts into every other") {
  const double x0 = 0.7, epsilon = -1.3;
  for (const Level& m : {Level{{0.999, 0.03}, -0.5, 4, 0.5}, Level{{0.6, 0.8}, -1, 0.75, 1},
                         Level{{0.01, 0.99995}, -0.1, 1e-3, 2}, Level{{1, 20}, 0, 1, 0.5}}) {
    const double x = m.alpha * x0 + m.sigma * epsilon;
    for (Prediction from : all)
      for (Prediction to : all) {
        const Conversion c = convert(from, to, m);
        INFO(prediction_names()[static_cast<std::size_t>(from)]
             << " to " << prediction_names()[static_cast<std::size_t>(to)] << " at alpha " << m.alpha << ", sigma "
             << m.sigma);
        const double expected = truth(to, x0, epsilon, m);
        CHECK(c.x * x + c.predicted * truth(from, x0, epsilon, m) == Approx(expected).epsilon(1e-9).margin(1e-9));
        const Tensor tensor = convert(Tensor::full({2}, truth(from, x0, epsilon, m), Dtype::f64),
                                      Tensor::full({2}, x, Dtype::f64), from, to, m);
        CHECK(tensor.at(1) == Approx(expected).epsilon(1e-9).margin(1e-9));
      }
  }
}

TEST_CASE("a conversion that would divide by zero says so") {
  CHECK_THROWS_AS(convert(Prediction::epsilon, Prediction::score, Level{{1, 0}}), NumericalError);
  CHECK_THROWS_AS(convert(Prediction::epsilon, Prediction::x0, Level{{0, 1}}), NumericalError);
  CHECK_THROWS_AS(prediction("eps"), ConfigError);
}

TEST_CASE("a network becomes a score at the right time and scale") {
  const VP sde;
  const auto network = std::make_shared<Constant>();
  network->value = 0.5;
  const Tensor x = Tensor::full({3, 2}, 1.5, Dtype::f64);
  for (double t : {0.01, 0.3, 1.0}) {
    const Marginal m = sde.marginal(t);
    CHECK(network_score(network, sde)(x, t).at(5) == Approx(-0.5 / m.sigma));
    CHECK(network->seen_time == Approx(1000 * t));
    CHECK(network->seen_x == Approx(1.5));
    CHECK(network_score(network, sde, Prediction::x0)(x, t).at(0) ==
          Approx(-(1.5 - m.alpha * 0.5) / (m.sigma * m.sigma)));
  }
}

TEST_CASE("networks see inputs of variance one and a logarithmic time where the noise spans decades") {
  const EDM sde;
  const auto network = std::make_shared<Constant>();
  const Tensor x = Tensor::full({1, 1}, 8, Dtype::f64);
  network_score(network, sde)(x, 80);
  CHECK(network->seen_x == Approx(8 / std::sqrt(1 + 80.0 * 80)));
  CHECK(network->seen_time == Approx(1000));
  network_score(network, sde)(x, std::sqrt(0.002 * 80));
  CHECK(network->seen_time == Approx(500));
  CHECK(sde.time_of_label(sde.label(3.5)) == Approx(3.5));
}

TEST_CASE("velocities are the rates of the marginal") {
  const RectifiedFlow flow;
  const VP vp;
  for (double t : {0.1, 0.5, 0.9}) {
    CHECK(level(flow, t).alpha_rate == Approx(-1));
    CHECK(level(flow, t).sigma_rate == Approx(1));
    const double h = 1e-6;
    CHECK(level(vp, t).alpha_rate ==
          Approx((vp.marginal(t + h).alpha - vp.marginal(t - h).alpha) / (2 * h)).epsilon(1e-7));
    CHECK(level(vp, t).sigma_rate ==
          Approx((vp.marginal(t + h).sigma - vp.marginal(t - h).sigma) / (2 * h)).epsilon(1e-7));
  }
}

TEST_CASE("networks can be told the noise instead of the time, and see x itself") {
  const EDM sde;
  const auto network = std::make_shared<Constant>();
  const Tensor x = Tensor::full({1, 1}, 8, Dtype::f64);
  Parameterization p = Prediction::edm;
  p.data_sigma = 0.5;
  p.time_label = TimeLabel::log_sigma;
  network_score(network, sde, p)(x, 3);
  CHECK(network->seen_time == Approx(std::log(3.0) / 4));
  CHECK(network->seen_x == Approx(8 / std::sqrt(0.25 + 9)));
  p.time_label = TimeLabel::sigma;
  p.scale_input = false;
  network_score(network, sde, p)(x, 3);
  CHECK(network->seen_time == Approx(3));
  CHECK(network->seen_x == Approx(8));
}
