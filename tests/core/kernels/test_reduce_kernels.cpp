#include <cmath>
#include <cstring>
#include <limits>

#include "tests/core/kernels/kernel_tables.h"

using namespace kernel_test;

namespace {

struct Extents {
  std::int64_t outer, reduced, inner;
};

const Extents extents[] = {{1, 1, 1},   {5, 2, 1},  {70, 3, 1}, {9, 8, 1},    {3, 17, 1},  {2, 1000, 1},
                           {1, 100, 2}, {4, 33, 3}, {2, 9, 8},  {1, 200, 17}, {3, 5, 100}, {1, 1, 64}};

template <class T>
void check_sum_and_max(const Reduce& kernels, const Extents& e) {
  const auto x = random_values<T>(static_cast<std::size_t>(e.outer * e.reduced * e.inner), -1, 1.5, 4);
  std::vector<T> sum(static_cast<std::size_t>(e.outer * e.inner)), max(sum.size());
  kernels.sum(x.data(), sum.data(), e.outer, e.reduced, e.inner);
  kernels.max(x.data(), max.data(), e.outer, e.reduced, e.inner);
  for (std::int64_t o = 0; o < e.outer; ++o)
    for (std::int64_t i = 0; i < e.inner; ++i) {
      long double total = 0;
      T top = -std::numeric_limits<T>::infinity();
      for (std::int64_t r = 0; r < e.reduced; ++r) {
        const T v = x[static_cast<std::size_t>((o * e.reduced + r) * e.inner + i)];
        total += static_cast<long double>(v);
        top = std::max(top, v);
      }
      const auto at = static_cast<std::size_t>(o * e.inner + i);
      REQUIRE(max[at] == top);
      REQUIRE(std::abs(static_cast<double>(sum[at] - total)) <= 0.51 * ulp<T>(static_cast<double>(total)) + 1e-13);
    }
}

/// A block of rows alone gives the bits that it has among others.
template <class T>
void check_rows_alone(const Reduce& kernels, std::int64_t columns) {
  const std::int64_t rows = 13;
  const auto x = random_values<T>(static_cast<std::size_t>(rows * columns), -4, 4, 9);
  const auto dy = random_values<T>(x.size(), -1, 1, 10);
  std::vector<T> y(x.size()), dx(x.size()), lse(13), sum(13), y1(x.size()), dx1(x.size());
  kernels.softmax(x.data(), y.data(), rows, columns);
  kernels.softmax_backward(y.data(), dy.data(), dx.data(), rows, columns);
  kernels.logsumexp(x.data(), lse.data(), rows, columns);
  kernels.sum(x.data(), sum.data(), rows, columns, 1);
  bool same = true;
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto at = static_cast<std::size_t>(r * columns);
    T one;
    kernels.softmax(x.data() + at, y1.data(), 1, columns);
    kernels.softmax_backward(y.data() + at, dy.data() + at, dx1.data(), 1, columns);
    for (std::size_t c = 0; c < static_cast<std::size_t>(columns); ++c)
      same = same && same_bits(y1[c], y[at + c]) && same_bits(dx1[c], dx[at + c]);
    kernels.logsumexp(x.data() + at, &one, 1, columns);
    same = same && same_bits(one, lse[static_cast<std::size_t>(r)]);
    kernels.sum(x.data() + at, &one, 1, columns, 1);
    same = same && same_bits(one, sum[static_cast<std::size_t>(r)]);
  }
  CHECK(same);
}

template <class T>
void check_softmax(const Reduce& kernels, std::int64_t columns, double shift, double tolerance) {
  const std::int64_t rows = 11;
  auto x = random_values<T>(static_cast<std::size_t>(rows * columns), -6, 6, 12);
  for (T& v : x) v += static_cast<T>(shift);
  const auto dy = random_values<T>(x.size(), -1, 1, 13);
  std::vector<T> y(x.size() + 1, T{-7}), dx(x.size() + 1, T{-7}), lse(static_cast<std::size_t>(rows) + 1, T{-7});
  kernels.softmax(x.data(), y.data(), rows, columns);
  kernels.softmax_backward(y.data(), dy.data(), dx.data(), rows, columns);
  kernels.logsumexp(x.data(), lse.data(), rows, columns);
  CHECK((y.back() == -7 && dx.back() == -7 && lse.back() == -7));
  for (std::int64_t r = 0; r < rows; ++r) {
    double total = 0, along = 0;
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto at = static_cast<std::size_t>(r * columns + c);
      total += std::exp(static_cast<double>(x[at]) - shift);
      along += static_cast<double>(y[at]) * static_cast<double>(dy[at]);
    }
    REQUIRE(std::abs(static_cast<double>(lse[static_cast<std::size_t>(r)]) - shift - std::log(total)) <
            tolerance * (10 + std::abs(shift)));
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto at = static_cast<std::size_t>(r * columns + c);
      REQUIRE(std::abs(static_cast<double>(y[at]) - std::exp(static_cast<double>(x[at]) - shift) / total) < tolerance);
      REQUIRE(std::abs(static_cast<double>(dx[at]) -
                       static_cast<double>(y[at]) * (static_cast<double>(dy[at]) - along)) < tolerance);
    }
  }
}

}  // namespace

TEST_CASE("sums are right to the last place and maxima exact") {
  for (const Table* t : tables())
    for (const auto& e : extents) {
      INFO(t->name << " [" << e.outer << ", " << e.reduced << ", " << e.inner << "]");
      check_sum_and_max<float>(t->reduce.f32, e);
      check_sum_and_max<double>(t->reduce.f64, e);
    }
}

TEST_CASE("a row's reduction has the same bits in any number of rows") {
  for (const Table* t : tables())
    for (std::int64_t columns : {1, 2, 3, 4, 7, 8, 10, 16, 31, 64, 100}) {
      INFO(t->name << " " << columns << " columns");
      check_rows_alone<float>(t->reduce.f32, columns);
      check_rows_alone<double>(t->reduce.f64, columns);
    }
}

TEST_CASE("softmax, its gradient and logsumexp, also far from zero") {
  for (const Table* t : tables())
    for (std::int64_t columns : {1, 2, 3, 4, 8, 10, 16, 33, 257})
      for (double shift : {0.0, 512.0, -512.0}) {
        INFO(t->name << " " << columns << " columns, shift " << shift);
        check_softmax<float>(t->reduce.f32, columns, shift, 4e-7);
        check_softmax<double>(t->reduce.f64, columns, shift, 1e-15);
      }
}

TEST_CASE("reductions with infinities and NaN") {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const Table* t : tables())
    for (std::int64_t columns : {2, 8, 21}) {
      INFO(t->name << " " << columns);
      std::vector<float> x(static_cast<std::size_t>(columns), -inf), y(x.size());
      float value = 0;
      t->reduce.f32.logsumexp(x.data(), &value, 1, columns);
      CHECK(value == -inf);
      x[1] = 3;
      t->reduce.f32.logsumexp(x.data(), &value, 1, columns);
      CHECK(value == 3);
      t->reduce.f32.softmax(x.data(), y.data(), 1, columns);
      CHECK(y[1] == 1);
      CHECK(y[0] == 0);
      x[0] = nan;
      t->reduce.f32.max(x.data(), &value, 1, columns, 1);
      CHECK(std::isnan(value));
      t->reduce.f32.logsumexp(x.data(), &value, 1, columns);
      CHECK(std::isnan(value));
    }
}

TEST_CASE("sum of squares in double") {
  const auto x = random_values<float>(1003, -2, 2, 3);
  long double expected = 0;
  for (float v : x) expected += static_cast<long double>(v) * v;
  for (const Table* t : tables())
    CHECK(t->reduce.f32.sum_of_squares(x.data(), 1003) == Approx(static_cast<double>(expected)).epsilon(1e-14));
}

TEST_CASE("Adam and averages follow their formulas") {
  const AdamArguments a{.learning_rate = 0.01,
                        .beta1 = 0.9,
                        .beta2 = 0.999,
                        .epsilon = 1e-8,
                        .decay = 0.001,
                        .correction1 = 10,
                        .correction2 = 1000,
                        .gradient_scale = 0.5};
  const auto g = random_values<double>(53, -1, 1, 1), p0 = random_values<double>(53, -1, 1, 2);
  const auto m0 = random_values<double>(53, -1, 1, 3), v0 = random_values<double>(53, 0, 1, 4);
  for (const Table* t : tables()) {
    auto p = p0, m = m0, v = v0, mean = m0;
    t->update.f64.adam(a, g.data(), p.data(), m.data(), v.data(), 53);
    t->update.f64.ema(0.9, p.data(), mean.data(), 53);
    for (std::size_t i = 0; i < 53; ++i) {
      const double scaled = g[i] * 0.5, first = 0.9 * m0[i] + 0.1 * scaled,
                   second = 0.999 * v0[i] + 0.001 * scaled * scaled;
      REQUIRE(m[i] == Approx(first).margin(1e-15));
      REQUIRE(v[i] == Approx(second).margin(1e-15));
      REQUIRE(p[i] ==
              Approx(p0[i] * (1 - 0.001) - 0.01 * (first * 10) / (std::sqrt(second * 1000) + 1e-8)).margin(1e-14));
      REQUIRE(mean[i] == Approx(0.9 * m0[i] + 0.1 * p[i]).margin(1e-15));
    }
  }
}
