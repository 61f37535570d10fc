#include <cmath>
#include <cstring>

#include "tests/core/kernels/kernel_tables.h"

using namespace kernel_test;

namespace {

struct Product {
  std::int64_t m, n, k;
};

/// Matrices with leading dimensions larger than their rows, all four transpositions, with and without accumulation.
template <class T>
void check_gemm(const Linear& kernels, Product p, double tolerance) {
  for (int form = 0; form < 8; ++form) {
    const bool ta = form & 1, tb = form & 2, add = form & 4;
    const std::int64_t lda = (ta ? p.m : p.k) + 3, ldb = (tb ? p.k : p.n) + 1, ldc = p.n + 2;
    const auto a = random_values<T>(static_cast<std::size_t>((ta ? p.k : p.m) * lda), -1, 1, 1);
    const auto b = random_values<T>(static_cast<std::size_t>((tb ? p.n : p.k) * ldb), -1, 1, 2);
    auto c = random_values<T>(static_cast<std::size_t>(p.m * ldc), -1, 1, 3);
    const auto before = c;
    kernels.gemm({p.m, p.n, p.k, a.data(), lda, ta, b.data(), ldb, tb, c.data(), ldc, add});
    double worst = 0;
    for (std::int64_t i = 0; i < p.m; ++i)
      for (std::int64_t j = 0; j < ldc; ++j) {
        const auto at = static_cast<std::size_t>(i * ldc + j);
        long double expected = add || j >= p.n ? before[at] : 0;
        for (std::int64_t q = 0; q < p.k && j < p.n; ++q)
          expected += static_cast<long double>(a[static_cast<std::size_t>(ta ? q * lda + i : i * lda + q)]) *
                      b[static_cast<std::size_t>(tb ? j * ldb + q : q * ldb + j)];
        worst = std::max(worst, std::abs(static_cast<double>(c[at] - expected)));
      }
    INFO(p.m << "×" << p.n << "×" << p.k << " form " << form);
    CHECK(worst <= tolerance * static_cast<double>(p.k + 4));
  }
}

/// Row i of A·B alone, in the first 7 rows, and in all rows.
template <class T>
void check_row_bits(const Linear& kernels, std::int64_t n, std::int64_t k, bool tb) {
  const std::int64_t m = 70;
  const auto a = random_values<T>(static_cast<std::size_t>(m * k), -1, 1, 1),
             b = random_values<T>(static_cast<std::size_t>(n * k), -1, 1, 2);
  std::vector<T> all(static_cast<std::size_t>(m * n)), part(all.size());
  const auto run = [&](std::int64_t first, std::int64_t rows, T* out) {
    kernels.gemm({rows, n, k, a.data() + first * k, k, false, b.data(), tb ? k : n, tb, out, n, false});
  };
  run(0, m, all.data());
  for (std::int64_t rows : {1, 2, 5, 7, 12, 13, 24, 25, 64}) {
    run(3, rows, part.data());
    INFO(rows << " rows of " << n << "×" << k);
    CHECK(std::memcmp(part.data(), all.data() + 3 * n, static_cast<std::size_t>(rows * n) * sizeof(T)) == 0);
  }
}

struct NormData {
  NormArguments n;
  std::vector<double> x, scale, shift, dy;
};

NormData norm_data(const NormArguments& n) {
  const auto size = static_cast<std::size_t>(n.batch * n.pixels * n.channels),
             channels = static_cast<std::size_t>(n.channels);
  return {n, random_values<double>(size, -1, 3, 1), random_values<double>(channels, 0.5, 2, 2),
          random_values<double>(channels, -1, 1, 3), random_values<double>(size, -1, 1, 4)};
}

double activation(double z, bool silu) { return silu ? z / (1 + std::exp(-z)) : z; }

/// The normalised value and 1/std of one group, straight from the definition.
std::vector<double> reference_norm(const NormData& d) {
  const auto& n = d.n;
  const std::int64_t size = n.channels / n.groups;
  std::vector<double> y(d.x.size());
  for (std::int64_t b = 0; b < n.batch; ++b)
    for (std::int64_t g = 0; g < n.groups; ++g) {
      const auto for_group = [&](auto f) {
        for (std::int64_t p = 0; p < n.pixels; ++p)
          for (std::int64_t c = g * size; c < (g + 1) * size; ++c)
            f(static_cast<std::size_t>((b * n.pixels + p) * n.channels + c), static_cast<std::size_t>(c));
      };
      const double count = static_cast<double>(size * n.pixels);
      double mean = 0, variance = 0;
      for_group([&](std::size_t i, std::size_t) { mean += d.x[i] / count; });
      for_group([&](std::size_t i, std::size_t) { variance += (d.x[i] - mean) * (d.x[i] - mean) / count; });
      const double inverse = 1 / std::sqrt(variance + n.epsilon);
      for_group([&](std::size_t i, std::size_t c) {
        y[i] = activation((d.x[i] - mean) * inverse * d.scale[c] + d.shift[c], n.silu);
      });
    }
  return y;
}

template <class T>
struct NormResult {
  std::vector<T> y, statistics, dx, dscale, dshift;
};

template <class T>
NormResult<T> run_norm(const Linear& kernels, const NormData& d) {
  const auto as = [](const std::vector<double>& v) { return std::vector<T>(v.begin(), v.end()); };
  const auto x = as(d.x), scale = as(d.scale), shift = as(d.shift), dy = as(d.dy);
  NormResult<T> r{x, std::vector<T>(static_cast<std::size_t>(2 * d.n.batch * d.n.groups)), x, scale, scale};
  kernels.norm_forward(d.n, x.data(), scale.data(), shift.data(), r.y.data(), r.statistics.data());
  kernels.norm_backward(d.n, x.data(), scale.data(), shift.data(), r.statistics.data(), dy.data(), r.dx.data(),
                        r.dscale.data(), r.dshift.data());
  return r;
}

/// d/dh of Σ dy·y along x or scale or shift by central differences against the kernel's gradients.
void check_norm_gradient(NormData d, const NormResult<double>& r) {
  const double h = 1e-5;
  const auto loss = [&] {
    const auto y = reference_norm(d);
    double total = 0;
    for (std::size_t i = 0; i < y.size(); ++i) total += d.dy[i] * y[i];
    return total;
  };
  const auto check = [&](std::vector<double>& v, const std::vector<double>& gradient) {
    for (std::size_t i = 0; i < v.size(); i += v.size() / 7 + 1) {
      const double at = v[i];
      v[i] = at + h;
      const double up = loss();
      v[i] = at - h;
      const double down = loss();
      v[i] = at;
      REQUIRE(gradient[i] == Approx((up - down) / (2 * h)).margin(1e-7));
    }
  };
  check(d.x, r.dx);
  check(d.scale, r.dscale);
  check(d.shift, r.dshift);
}

const NormArguments norms[] = {{2, 9, 8, 2, 1e-5, true},   {3, 16, 32, 8, 1e-5, true}, {1, 5, 6, 3, 1e-5, false},
                               {4, 1, 37, 1, 1e-5, false}, {2, 7, 20, 1, 1e-3, true},  {1, 64, 3, 1, 1e-5, true}};

}  // namespace

TEST_CASE("matrix products of every form and size") {
  for (const Table* t : tables()) {
    INFO(t->name);
    for (const Product p : {Product{1, 1, 1},
                            {3, 5, 7},
                            {12, 32, 16},
                            {13, 33, 17},
                            {64, 100, 128},
                            {25, 2, 8},
                            {30, 8, 2},
                            {7, 40, 400},
                            {5, 530, 9},
                            {2, 3, 0},
                            {29, 70, 769}}) {
      check_gemm<float>(t->linear.f32, p, 0x1p-24);
      check_gemm<double>(t->linear.f64, p, 0x1p-53);
    }
  }
}

TEST_CASE("the bits of a row of a product do not depend on the number of rows") {
  for (const Table* t : tables())
    for (const auto& [n, k] : {std::pair<std::int64_t, std::int64_t>{2, 8}, {8, 2}, {33, 100}, {100, 128}, {64, 800}})
      for (bool tb : {false, true}) {
        INFO(t->name);
        check_row_bits<float>(t->linear.f32, n, k, tb);
        check_row_bits<double>(t->linear.f64, n, k, tb);
      }
}

TEST_CASE("normalisation forward and backward against the definition") {
  for (const Table* t : tables())
    for (const auto& n : norms) {
      INFO(t->name << " channels " << n.channels << " groups " << n.groups);
      const NormData d = norm_data(n);
      const auto expected = reference_norm(d);
      const auto r = run_norm<double>(t->linear.f64, d);
      const auto f = run_norm<float>(t->linear.f32, d);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(r.y[i] == Approx(expected[i]).margin(1e-13));
        REQUIRE(f.y[i] == Approx(expected[i]).margin(3e-6));
        REQUIRE(f.dx[i] == Approx(r.dx[i]).margin(1e-5));
      }
      for (std::size_t c = 0; c < d.scale.size(); ++c) {
        REQUIRE(f.dscale[c] == Approx(r.dscale[c]).margin(2e-5));
        REQUIRE(f.dshift[c] == Approx(r.dshift[c]).margin(2e-5));
      }
      check_norm_gradient(d, r);
    }
}

TEST_CASE("a normalised sample has the same bits in any batch") {
  for (const Table* t : tables()) {
    const NormData d = norm_data({5, 12, 24, 4, 1e-5, true});
    const auto all = run_norm<float>(t->linear.f32, d);
    NormData last = d;
    last.n.batch = 1;
    const std::size_t size = 12 * 24;
    last.x.assign(d.x.end() - size, d.x.end());
    last.dy.assign(d.dy.end() - size, d.dy.end());
    const auto one = run_norm<float>(t->linear.f32, last);
    CHECK(std::equal(one.y.begin(), one.y.end(), all.y.end() - size));
    CHECK(std::equal(one.dx.begin(), one.dx.end(), all.dx.end() - size));
  }
}
