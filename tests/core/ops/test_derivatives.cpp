// Elementwise functions and their first three derivatives at the edge of their domain, against closed forms.
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

using Real = long double;
using Form = std::function<Real(Real x, int order)>;

struct Function {
  const char* name;
  std::function<Tensor(const Tensor&)> apply;
  Form form;
  double from = -std::numeric_limits<double>::infinity();  // where it is defined
};

/// Subnormal numbers count in here, whatever the thread did before.
class Subnormals {
 public:
#if defined(__x86_64__)
  Subnormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ & ~0x8040u); }
  ~Subnormals() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#endif
};

Real power_form(Real x, double exponent, int order) {
  Real factor = 1;
  for (int i = 0; i < order; ++i) factor *= exponent - i;
  return factor == 0 ? 0 : factor * std::pow(x, exponent - order);
}

/// σ(x) and its derivatives.
Real logistic(Real x, int order) {
  const Real s = 1 / (1 + std::exp(-x)), v = std::exp(-std::abs(x)) / std::pow(1 + std::exp(-std::abs(x)), 2);
  const Real forms[] = {s, v, v * (1 - 2 * s), v * (1 - 6 * v)};
  return forms[order];
}

/// x σ(u(x)) for the polynomial u = a x + b x³; beyond ±1000 it is 0 or x.
Real gated(Real x, int order, Real a, Real b) {
  if (std::abs(x) > 1000) return x < 0 || order > 1 ? 0 : order == 1 ? 1 : x;
  const Real u = a * x + b * x * x * x, u1 = a + 3 * b * x * x, u2 = 6 * b * x, u3 = 6 * b;
  const Real s = logistic(u, 0), v = logistic(u, 1), v1 = logistic(u, 2), v2 = logistic(u, 3);
  const Real s1 = v * u1, s2 = v1 * u1 * u1 + v * u2, s3 = v2 * u1 * u1 * u1 + 3 * v1 * u1 * u2 + v * u3;
  const Real forms[] = {x * s, s + x * s1, 2 * s1 + x * s2, 3 * s2 + x * s3};
  return forms[order];
}

Real tanh_form(Real x, int order) {
  const Real t = std::tanh(x), s = std::pow(1 / std::cosh(x), 2);
  const Real forms[] = {t, s, -2 * t * s, 4 * t * t * s - 2 * s * s};
  return forms[order];
}

Real erf_form(Real x, int order) {
  const Real d = 2 / std::sqrt(std::numbers::pi_v<Real>) * std::exp(-x * x), at = std::abs(x) > 1000 ? 0 : x;
  const Real forms[] = {std::erf(x), d, -2 * at * d, (4 * at * at - 2) * d};
  return forms[order];
}

Function power_of(double exponent) {
  const bool whole = exponent == std::floor(exponent);
  return {"power", [exponent](const Tensor& x) { return power(x, exponent); },
          [exponent](Real x, int order) { return power_form(x, exponent, order); },
          whole ? -std::numeric_limits<double>::infinity() : 0};
}

std::vector<Function> functions() {
  const double gelu_a = 2 * std::sqrt(2 / std::numbers::pi);
  std::vector<Function> all = {
      {"exp", [](const Tensor& x) { return exp(x); }, [](Real x, int) { return std::exp(x); }},
      {"expm1", [](const Tensor& x) { return expm1(x); },
       [](Real x, int order) { return order == 0 ? std::expm1(x) : std::exp(x); }},
      {"log", [](const Tensor& x) { return log(x); },
       [](Real x, int order) { return order == 0 ? std::log(x) : power_form(x, -1, order - 1); }, 0},
      {"log1p", [](const Tensor& x) { return log1p(x); },
       [](Real x, int order) { return order == 0 ? std::log1p(x) : power_form(x + 1, -1, order - 1); }, -1},
      {"sqrt", [](const Tensor& x) { return sqrt(x); }, [](Real x, int order) { return power_form(x, 0.5, order); }, 0},
      {"reciprocal", [](const Tensor& x) { return reciprocal(x); },
       [](Real x, int order) { return power_form(x, -1, order); }},
      {"divide", [](const Tensor& x) { return Tensor::ones({}, x.dtype()) / x; },
       [](Real x, int order) { return power_form(x, -1, order); }},
      {"square", [](const Tensor& x) { return square(x); }, [](Real x, int order) { return power_form(x, 2, order); }},
      {"sin", [](const Tensor& x) { return sin(x); },
       [](Real x, int order) {
         const Real forms[] = {std::sin(x), std::cos(x), -std::sin(x), -std::cos(x)};
         return forms[order];
       }},
      {"cos", [](const Tensor& x) { return cos(x); },
       [](Real x, int order) {
         const Real forms[] = {std::cos(x), -std::sin(x), -std::cos(x), std::sin(x)};
         return forms[order];
       }},
      {"tanh", [](const Tensor& x) { return tanh(x); }, tanh_form},
      {"sigmoid", [](const Tensor& x) { return sigmoid(x); }, logistic},
      {"silu", [](const Tensor& x) { return silu(x); }, [](Real x, int order) { return gated(x, order, 1, 0); }},
      {"gelu", [](const Tensor& x) { return gelu(x); },
       [gelu_a](Real x, int order) { return gated(x, order, gelu_a, 0.044715 * gelu_a); }},
      {"relu", [](const Tensor& x) { return relu(x); },
       [](Real x, int order) { return order > 1    ? 0
                                      : order == 1 ? Real(x > 0)
                                                   : std::max<Real>(x, 0); }},
      {"softplus", [](const Tensor& x) { return softplus(x); },
       [](Real x, int order) {
         return order == 0 ? std::max<Real>(x, 0) + std::log1p(std::exp(-std::abs(x))) : logistic(x, order - 1);
       }},
      {"abs", [](const Tensor& x) { return abs(x); },
       [](Real x, int order) { return order > 1    ? 0
                                      : order == 1 ? Real((x > 0) - (x < 0))
                                                   : std::abs(x); }},
      {"erf", [](const Tensor& x) { return erf(x); }, erf_form},
  };
  for (const double exponent : {0., 1., 2., 3., 4., 0.5, 1.5, 2.7, -1., -2., -1.5, 17., 18., -17.})
    all.push_back(power_of(exponent));
  return all;
}

template <class T>
std::vector<double> edges() {
  using Limits = std::numeric_limits<T>;
  std::vector<double> points;
  for (const T size : {T{0}, Limits::denorm_min() * 1000, Limits::min(), Limits::epsilon() / 64, T{0.7}, T{1}, T{3},
                       T{30}, T{99}, std::sqrt(Limits::max()) * 16, Limits::max() / 8, Limits::infinity()})
    for (const T x : {size, -size}) points.push_back(static_cast<double>(x));
  return points;
}

/// As written in T: equal up to rounding, with one infinity for what overflows.  At −0 the sign of a pole is no matter.
/// Without fused multiplication a power's error grows with its logarithm.
template <class T>
bool agrees(Real expected, double got, double x) {
  const T rounded = static_cast<T>(expected);
  if (std::isnan(rounded)) return std::isnan(got);
  if (std::isinf(rounded)) return std::isinf(got) && (x == 0 || std::signbit(rounded) == std::signbit(got));
  const double size = std::abs(static_cast<double>(rounded)), far = size > 1 ? std::log(size) : 0;
  const double tolerance = (60 + far) * static_cast<double>(std::numeric_limits<T>::epsilon());
  return std::abs(got - static_cast<double>(rounded)) <= tolerance * (1 + size);
}

template <class T>
void check(const Function& f) {
  for (const double x : edges<T>()) {
    if (x < f.from || std::isnan(x)) continue;
    const Tensor at = Tensor::full({1}, x, dtype_of<T>).leaf();
    Tensor y = f.apply(at);
    for (int order = 0; order <= 3; ++order) {
      const Real expected = f.form(x, order);
      INFO(f.name << ", derivative " << order << " at " << x << ": expected " << expected << ", got " << y.item());
      CHECK(agrees<T>(expected, y.item(), x));
      y = grad(sum(y), at, true);
    }
  }
}

}  // namespace

TEST_CASE("elementwise functions and their derivatives at zeros, infinities, subnormal and huge arguments") {
  const Subnormals on;
  for (const Function& f : functions()) {
    check<double>(f);
    check<float>(f);
  }
}

TEST_CASE("powers of NumPy's edge cases") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto power_at = [](double x, double exponent) { return power(Tensor::scalar(x, Dtype::f64), exponent).item(); };
  CHECK(power_at(nan, 0) == 1);
  CHECK(power_at(-2, 17) == Approx(-131072).epsilon(1e-14));
  CHECK(power_at(-2, -18) == Approx(std::pow(2.0, -18)).epsilon(1e-14));
  CHECK(std::isnan(power_at(-2, 1.5)));
  CHECK(power_at(0, 1.5) == 0);
}
