#include <cmath>
#include <cstring>
#include <limits>

#include "tests/core/kernels/kernel_tables.h"

using namespace kernel_test;

namespace {

struct UnaryCase {
  Unary op;
  const char* name;
  double low, high;  // range of the accuracy check
  double ulps;       // bound in f32
  long double (*reference)(long double);
};

const UnaryCase unary_cases[] = {
    {Unary::exp, "exp", -86, 88, 1.5, [](long double x) { return std::exp(x); }},
    {Unary::expm1, "expm1", -17, 88, 2, [](long double x) { return std::expm1(x); }},
    {Unary::log, "log", 1e-30, 1e5, 1.5, [](long double x) { return std::log(x); }},
    {Unary::log1p, "log1p", -0.999, 1e4, 2, [](long double x) { return std::log1p(x); }},
    {Unary::sqrt, "sqrt", 0, 1e6, 0.51, [](long double x) { return std::sqrt(x); }},
    {Unary::reciprocal, "reciprocal", 0.01, 100, 0.51, [](long double x) { return 1 / x; }},
    {Unary::square, "square", -1e3, 1e3, 0.51, [](long double x) { return x * x; }},
    {Unary::sin, "sin", -30, 30, 3, [](long double x) { return std::sin(x); }},
    {Unary::cos, "cos", -30, 30, 3, [](long double x) { return std::cos(x); }},
    {Unary::tanh, "tanh", -12, 12, 3, [](long double x) { return std::tanh(x); }},
    {Unary::sigmoid, "sigmoid", -85, 85, 3, [](long double x) { return 1 / (1 + std::exp(-x)); }},
    {Unary::silu, "silu", -85, 85, 3, [](long double x) { return x / (1 + std::exp(-x)); }},
    {Unary::relu, "relu", -9, 9, 0, [](long double x) { return x > 0 ? x : 0; }},
    {Unary::step, "step", -9, 9, 0, [](long double x) { return x > 0 ? 1.0L : 0; }},
    {Unary::softplus, "softplus", -85, 85, 3,
     [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }},
    {Unary::abs, "abs", -9, 9, 0, [](long double x) { return std::abs(x); }},
    {Unary::sign, "sign", -9, 9, 0, [](long double x) { return static_cast<long double>((x > 0) - (x < 0)); }},
    {Unary::erf, "erf", -5, 5, 3, [](long double x) { return std::erf(x); }},
};
static_assert(std::size(unary_cases) == static_cast<std::size_t>(Unary::count));

/// Values over the whole range and others close to zero.
template <class T>
std::vector<T> arguments(const UnaryCase& c) {
  auto x = random_values<T>(4001, c.low, c.high, 11);
  for (std::size_t i = 0; i < 1000; ++i) {
    const T small = static_cast<T>(std::ldexp(1 + static_cast<double>(i) / 1000, -static_cast<int>(i % 24)));
    const T signed_small = i % 2 && c.low < 0 ? -small : small;
    if (signed_small > c.low && signed_small < c.high) x[i] = signed_small;
  }
  return x;
}

template <class T>
void check_unary(const Elementwise& kernels, const UnaryCase& c, double bound) {
  const auto x = arguments<T>(c);
  std::vector<T> y(x.size());
  kernels.unary(c.op, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  double worst = 0;
  T worst_at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double expected = c.reference(static_cast<long double>(x[i]));
    const double error = static_cast<double>(std::abs(static_cast<long double>(y[i]) - expected)) /
                         ulp<T>(static_cast<double>(expected));
    if (!(error <= worst)) worst = error, worst_at = x[i];
  }
  INFO(c.name << " at " << worst_at);
  CHECK(worst <= bound);
}

template <class T>
T apply(const Elementwise& kernels, Unary op, T x) {
  T y;
  kernels.unary(op, &x, &y, 1);
  return y;
}

template <class T>
void check_special_values(const Elementwise& kernels) {
  constexpr T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto f = [&](Unary op, T x) { return apply(kernels, op, x); };
  for (const auto& c : unary_cases) {
    INFO(c.name);
    CHECK((c.op == Unary::step || std::isnan(f(c.op, nan))));
  }
  CHECK(f(Unary::exp, inf) == inf);
  CHECK(f(Unary::exp, -inf) == 0);
  CHECK(f(Unary::exp, 0) == 1);
  CHECK(f(Unary::expm1, -inf) == -1);
  CHECK(f(Unary::expm1, inf) == inf);
  CHECK(f(Unary::log, 0) == -inf);
  CHECK(f(Unary::log, inf) == inf);
  CHECK(f(Unary::log, 1) == 0);
  CHECK(std::isnan(f(Unary::log, -1)));
  CHECK(f(Unary::log1p, -1) == -inf);
  CHECK(f(Unary::log1p, inf) == inf);
  CHECK(std::isnan(f(Unary::sin, inf)));
  CHECK(f(Unary::tanh, inf) == 1);
  CHECK(f(Unary::tanh, -inf) == -1);
  CHECK(f(Unary::sigmoid, -inf) == 0);
  CHECK(f(Unary::silu, -inf) == 0);
  CHECK(f(Unary::silu, inf) == inf);
  CHECK(f(Unary::softplus, inf) == inf);
  CHECK(f(Unary::softplus, -inf) == 0);
  CHECK(f(Unary::erf, -inf) == -1);
  CHECK(f(Unary::reciprocal, 0) == inf);
  for (Unary odd : {Unary::sin, Unary::tanh, Unary::expm1, Unary::log1p, Unary::erf})
    CHECK(std::signbit(f(odd, T{-0.0})));
  constexpr T subnormal = std::numeric_limits<T>::denorm_min() * 1000;
  CHECK(std::abs(f(Unary::log, subnormal) - std::log(subnormal)) <= 2 * ulp<T>(std::log(subnormal)));
}

/// The same values at every offset and length give the same bits, and nothing beyond the end is written.
template <class T>
void check_positions(const Elementwise& kernels, Unary op) {
  const auto x = random_values<T>(100, 0.1, 5, 3);
  std::vector<T> whole(x.size());
  kernels.unary(op, x.data(), whole.data(), 100);
  bool same = true, inside = true;
  for (std::int64_t begin = 0; begin < 40; ++begin)
    for (std::int64_t n = 0; n + begin < 75; ++n) {
      std::vector<T> y(80, T{-7});
      kernels.unary(op, x.data() + begin, y.data() + 1, n);
      for (std::int64_t i = 0; i < n; ++i)
        same = same && same_bits(y[static_cast<std::size_t>(i + 1)], whole[static_cast<std::size_t>(begin + i)]);
      inside = inside && y[0] == -7 && y[static_cast<std::size_t>(n + 1)] == -7;
    }
  CHECK(same);
  CHECK(inside);
}

double reference(Binary op, double a, double b) {
  switch (op) {
    case Binary::add: return a + b;
    case Binary::subtract: return a - b;
    case Binary::multiply: return a * b;
    case Binary::divide: return a / b;
    case Binary::maximum: return std::max(a, b);
    case Binary::minimum: return std::min(a, b);
    case Binary::greater: return a > b;
    case Binary::equal: return a == b;
    case Binary::count: break;
  }
  return 0;
}

template <class T>
void check_binary(const Elementwise& kernels, const BinaryLayout& l) {
  auto a = random_values<T>(static_cast<std::size_t>(1 + (l.outer - 1) * l.a_outer + l.inner), -3, 3, 5);
  auto b = random_values<T>(static_cast<std::size_t>(1 + (l.outer - 1) * l.b_outer + l.inner), -3, 3, 6);
  a[0] = b[0];
  for (int op = 0; op < static_cast<int>(Binary::count); ++op) {
    std::vector<T> out(static_cast<std::size_t>(l.outer * l.inner) + 1, T{-7});
    kernels.binary(static_cast<Binary>(op), a.data(), b.data(), out.data(), l);
    bool right = out.back() == -7;
    for (std::int64_t r = 0; r < l.outer; ++r)
      for (std::int64_t i = 0; i < l.inner; ++i) {
        const T x = a[static_cast<std::size_t>(r * l.a_outer + i * l.a_inner)],
                y = b[static_cast<std::size_t>(r * l.b_outer + i * l.b_inner)];
        right = right && out[static_cast<std::size_t>(r * l.inner + i)] ==
                             static_cast<T>(reference(static_cast<Binary>(op), x, y));
      }
    INFO("op " << op << ", [" << l.outer << ", " << l.inner << "] strides " << l.a_outer << " " << l.a_inner << " "
               << l.b_outer << " " << l.b_inner);
    CHECK(right);
  }
}

}  // namespace

TEST_CASE("elementary functions are accurate on every instruction set") {
  for (const Table* t : tables())
    for (const auto& c : unary_cases) {
      INFO(t->name);
      check_unary<float>(t->elementwise.f32, c, c.ulps);
      check_unary<double>(t->elementwise.f64, c, c.ulps == 0 ? 0 : std::max(4.0, c.ulps));
    }
}

TEST_CASE("elementary functions at the ends of their range") {
  for (const Table* t : tables()) {
    INFO(t->name);
    check_special_values<float>(t->elementwise.f32);
    check_special_values<double>(t->elementwise.f64);
  }
}

TEST_CASE("sine and cosine reduce large angles") {
  for (const Table* t : tables())
    for (double scale : {1e3, 9e4, 1e6, 1e9}) {
      INFO(t->name << " up to " << scale);
      const auto x = random_values<double>(2000, -scale, scale, 21);
      for (double v : x) {
        REQUIRE(std::abs(apply(t->elementwise.f64, Unary::sin, v) - std::sin(v)) < 3e-16);
        REQUIRE(std::abs(apply(t->elementwise.f64, Unary::cos, v) - std::cos(v)) < 3e-16);
        const auto f = static_cast<float>(v);
        REQUIRE(std::abs(apply(t->elementwise.f32, Unary::sin, f) - std::sin(static_cast<double>(f))) < 1.5e-7);
        REQUIRE(std::abs(apply(t->elementwise.f32, Unary::cos, f) - std::cos(static_cast<double>(f))) < 1.5e-7);
      }
    }
}

TEST_CASE("an element's result does not depend on its place") {
  for (const Table* t : tables())
    for (const auto& c : unary_cases) {
      INFO(t->name << " " << c.name);
      check_positions<float>(t->elementwise.f32, c.op);
      check_positions<double>(t->elementwise.f64, c.op);
    }
}

TEST_CASE("powers") {
  for (const Table* t : tables())
    for (double p : {-3.0, -0.5, 0.0, 0.3, 0.5, 1.0, 2.0, 2.5, 16.0, 17.0}) {
      INFO(t->name << " exponent " << p);
      const auto x = random_values<double>(500, 1e-3, 30, 8);
      const auto xf = random_values<float>(500, 1e-3, 30, 8);
      std::vector<double> y(500);
      std::vector<float> yf(500);
      t->elementwise.f64.power(x.data(), p, y.data(), 500);
      t->elementwise.f32.power(xf.data(), p, yf.data(), 500);
      for (std::size_t i = 0; i < 500; ++i) {
        REQUIRE(std::abs(y[i] / std::pow(x[i], p) - 1) < (t->name[0] == 'b' ? 8e-15 : 2e-15));
        REQUIRE(std::abs(yf[i] / std::pow(static_cast<double>(xf[i]), p) - 1) < (t->name[0] == 'b' ? 5e-6 : 1e-6));
      }
    }
  double zero = 0, result;
  table().elementwise.f64.power(&zero, 1.5, &result, 1);
  CHECK(result == 0);
  table().elementwise.f64.power(&zero, -1.5, &result, 1);
  CHECK(result == std::numeric_limits<double>::infinity());
}

TEST_CASE("binary operations broadcast rows, columns and scalars of any length") {
  for (const Table* t : tables())
    for (std::int64_t outer : {1, 3, 700})
      for (std::int64_t inner : {1, 2, 3, 8, 16, 33, 70, 131}) {
        INFO(t->name);
        for (const auto& [ao, ai, bo, bi] : std::initializer_list<std::array<std::int64_t, 4>>{{inner, 1, inner, 1},
                                                                                               {inner, 1, 0, 1},
                                                                                               {inner, 1, 1, 0},
                                                                                               {inner, 1, 0, 0},
                                                                                               {0, 1, inner, 1},
                                                                                               {1, 0, inner, 1},
                                                                                               {0, 0, inner, 1},
                                                                                               {0, 1, 1, 0},
                                                                                               {1, 0, 0, 0}}) {
          const BinaryLayout l{outer, inner, ao, ai, bo, bi};
          check_binary<float>(t->elementwise.f32, l);
          check_binary<double>(t->elementwise.f64, l);
        }
      }
}

TEST_CASE("maximum and minimum pass a NaN of either side on") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), one = 1;
  for (const Table* t : tables())
    for (Binary op : {Binary::maximum, Binary::minimum}) {
      float out = 0;
      t->elementwise.f32.binary(op, &nan, &one, &out, {1, 1, 0, 1, 0, 1});
      CHECK(std::isnan(out));
      t->elementwise.f32.binary(op, &one, &nan, &out, {1, 1, 0, 1, 0, 1});
      CHECK(std::isnan(out));
    }
}

TEST_CASE("weighted sums and accumulation") {
  const auto a = random_values<double>(77, -1, 1, 1), b = random_values<double>(77, -1, 1, 2),
             c = random_values<double>(77, -1, 1, 3);
  const double weights[] = {0.5, -2, 3};
  const void* x[] = {a.data(), b.data(), c.data()};
  for (const Table* t : tables())
    for (int count = 1; count <= 3; ++count) {
      std::vector<double> out(77);
      t->elementwise.f64.weighted_sum(weights, x, count, out.data(), 77);
      for (std::size_t i = 0; i < 77; ++i)
        REQUIRE(out[i] == Approx(0.5 * a[i] - (count > 1 ? 2 * b[i] : 0) + (count > 2 ? 3 * c[i] : 0)).margin(1e-14));
      const auto before = out;
      t->elementwise.f64.accumulate(a.data(), out.data(), 77);
      for (std::size_t i = 0; i < 77; ++i) REQUIRE(out[i] == before[i] + a[i]);
    }
}
