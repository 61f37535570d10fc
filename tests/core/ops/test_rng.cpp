#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <set>

#include "fokker/core/ops/rng.h"
#include "tests/core/kernels/kernel_tables.h"

#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#define FOKKER_HAS_RANDOM123 1
#endif

using namespace kernel_test;

namespace {

using Counter = std::array<std::uint32_t, 4>;

/// Kolmogorov–Smirnov distance of sorted values from a distribution function, times √n.
template <class F>
double kolmogorov_smirnov(std::vector<double> values, F distribution) {
  std::ranges::sort(values);
  const double n = static_cast<double>(values.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double p = distribution(values[i]), below = static_cast<double>(i) / n,
                 above = static_cast<double>(i + 1) / n;
    worst = std::max({worst, std::abs(p - below), std::abs(p - above)});
  }
  return worst * std::sqrt(n);
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// P(√n·D > 2.2) < 1.3e-4
constexpr double ks_bound = 2.2;

template <class T>
std::vector<double> draw(bool normal, std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  const auto& kernels = table().random[dtype_of<T>];
  (normal ? kernels.normal : kernels.uniform)(2024, 7, 3, 0, x.data(), n);
  return {x.begin(), x.end()};
}

template <class T>
void check_normal_moments() {
  const std::int64_t n = 1'000'000;
  const auto x = draw<T>(true, n);
  double m[9] = {};
  double neighbours = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double power = 1;
    for (double& moment : m) moment += power / static_cast<double>(n), power *= x[i];
    if (i) neighbours += x[i] * x[i - 1] / static_cast<double>(n);
  }
  const double sigma = 1 / std::sqrt(static_cast<double>(n));
  CHECK(std::abs(m[1]) < 4.5 * sigma);
  CHECK(std::abs(m[2] - 1) < 4.5 * sigma * std::sqrt(2.0));
  CHECK(std::abs(m[3]) < 4.5 * sigma * std::sqrt(15.0));
  CHECK(std::abs(m[4] - 3) < 4.5 * sigma * std::sqrt(96.0));
  CHECK(std::abs(m[6] - 15) < 4.5 * sigma * std::sqrt(10170.0));
  CHECK(std::abs(m[8] - 105) < 4.5 * sigma * std::sqrt(2016000.0));
  CHECK(std::abs(neighbours) < 4.5 * sigma);
  CHECK(kolmogorov_smirnov(x, normal_distribution) < ks_bound);
  auto wide = x;
  for (double& v : wide) v *= 1.01;
  CHECK(kolmogorov_smirnov(wide, normal_distribution) > ks_bound);
}

template <class T>
void check_uniform() {
  const std::int64_t n = 500'000;
  const auto x = draw<T>(false, n);
  CHECK(std::ranges::min(x) >= 0);
  CHECK(std::ranges::max(x) < 1);
  CHECK(kolmogorov_smirnov(x, [](double v) { return v; }) < ks_bound);
  auto bent = x;
  for (double& v : bent) v = std::pow(v, 1.01);
  CHECK(kolmogorov_smirnov(bent, [](double v) { return v; }) > ks_bound);
}

template <class T>
void check_splits(const Random& kernels) {
  constexpr std::uint64_t far = (std::uint64_t{1} << 34) - 50;  // blocks beyond 2³²
  for (auto fill : {kernels.normal, kernels.uniform})
    for (std::uint64_t base : {std::uint64_t{0}, far}) {
      std::vector<T> whole(300), part(300);
      fill(5, 2, 9, base, whole.data(), 300);
      bool same = true;
      for (std::uint64_t first = 0; first < 70; ++first)
        for (std::int64_t n : {1, 2, 3, 5, 16, 31, 64, 130}) {
          part.assign(300, T{-7});
          fill(5, 2, 9, base + first, part.data() + 1, n);
          same = same && part[0] == -7 && part[static_cast<std::size_t>(n) + 1] == -7 &&
                 std::memcmp(part.data() + 1, whole.data() + first, static_cast<std::size_t>(n) * sizeof(T)) == 0;
        }
      CHECK(same);
    }
}

template <class T>
void check_same_on_every_isa() {
  const std::int64_t n = 200'001;
  for (bool normal : {true, false}) {
    std::vector<std::vector<T>> results;
    for (const Table* t : tables()) {
      auto& x = results.emplace_back(static_cast<std::size_t>(n));
      const auto& kernels = t->random[dtype_of<T>];
      (normal ? kernels.normal : kernels.uniform)(99, 1, 2, 3, x.data(), n);
    }
    for (const auto& x : results) CHECK(std::memcmp(x.data(), results[0].data(), x.size() * sizeof(T)) == 0);
  }
}

}  // namespace

TEST_CASE("Philox4x32-10 gives its known answers") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

#ifdef FOKKER_HAS_RANDOM123
TEST_CASE("Philox agrees with Random123") {
  std::mt19937 engine(1);
  const auto word = [&] { return static_cast<std::uint32_t>(engine()); };
  for (int i = 0; i < 1000; ++i) {
    const Counter c{word(), word(), word(), word()};
    const std::array<std::uint32_t, 2> key{word(), word()};
    const philox4x32_ctr_t counter = {{c[0], c[1], c[2], c[3]}};
    const philox4x32_key_t their_key = {{key[0], key[1]}};
    const philox4x32_ctr_t theirs = philox4x32_R(10, counter, their_key);
    const Counter ours = philox(c, key);
    REQUIRE((ours[0] == theirs.v[0] && ours[1] == theirs.v[1] && ours[2] == theirs.v[2] && ours[3] == theirs.v[3]));
  }
}
#endif

TEST_CASE("kernels draw from the counters (block, step, stream) under the seed") {
  const std::uint64_t seed = 0x123456789abcdef0, first = (std::uint64_t{3} << 33) + 1;
  for (const Table* t : tables()) {
    std::vector<float> f(9);
    std::vector<double> d(9);
    t->random.f32.uniform(seed, 11, 22, first, f.data(), 9);
    t->random.f64.uniform(seed, 11, 22, first, d.data(), 9);
    for (std::uint64_t i = 0; i < 9; ++i) {
      const auto words = [&](std::uint64_t block) {
        return philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 22, 11},
                      {0x9abcdef0, 0x12345678});
      };
      const auto a = words((first + i) / 4), b = words((first + i) / 2);
      REQUIRE(f[i] == static_cast<float>(a[(first + i) % 4] >> 8) * 0x1p-24f);
      const std::size_t at = 2 * ((first + i) % 2);
      REQUIRE(d[i] == static_cast<double>((b[at] | std::uint64_t{b[at + 1]} << 32) >> 11) * 0x1p-53);
    }
  }
}

TEST_CASE("normals follow Box and Muller's formula") {
  for (const Table* t : tables()) {
    std::vector<double> d(64);
    std::vector<float> f(64);
    t->random.f64.normal(3, 1, 2, 0, d.data(), 64);
    t->random.f32.normal(3, 1, 2, 0, f.data(), 64);
    for (std::uint32_t e = 0; e < 64; e += 2) {
      const auto w = philox({e / 2, 0, 2, 1}, {3, 0});
      const double u = (static_cast<double>((w[0] | std::uint64_t{w[1]} << 32) >> 11) + 0.5) * 0x1p-53;
      const std::uint64_t turn = w[2] | std::uint64_t{w[3]} << 32;
      // A quarter's own angle runs from −½ to ½ of a quarter turn.
      const double angle = (static_cast<double>(turn >> 62) + static_cast<double>((turn << 2) >> 11) * 0x1p-53 - 0.5) *
                           1.57079632679489662;
      REQUIRE(d[e] == Approx(std::sqrt(-2 * std::log(u)) * std::cos(angle)).margin(1e-14));
      REQUIRE(d[e + 1] == Approx(std::sqrt(-2 * std::log(u)) * std::sin(angle)).margin(1e-14));
      const auto v = philox({e / 4, 0, 2, 1}, {3, 0});
      const double uf = (v[e % 4] + 0.5) * 0x1p-32;
      const double t_f = static_cast<double>(static_cast<std::int32_t>(v[e % 4 + 1] << 2)) * 0x1p-32;
      const double angle_f = ((v[e % 4 + 1] >> 30) + t_f) * 1.57079632679489662;
      REQUIRE(f[e] == Approx(std::sqrt(-2 * std::log(uf)) * std::cos(angle_f)).margin(2e-6));
      REQUIRE(f[e + 1] == Approx(std::sqrt(-2 * std::log(uf)) * std::sin(angle_f)).margin(2e-6));
    }
  }
}

TEST_CASE("normal and uniform numbers have their distributions, and wrong ones are rejected") {
  check_normal_moments<float>();
  check_normal_moments<double>();
  check_uniform<float>();
  check_uniform<double>();
}

TEST_CASE("random numbers do not depend on where a call begins") {
  for (const Table* t : tables()) {
    check_splits<float>(t->random.f32);
    check_splits<double>(t->random.f64);
  }
}

TEST_CASE("random numbers have the same bits on every instruction set") {
  check_same_on_every_isa<float>();
  check_same_on_every_isa<double>();
}

TEST_CASE("sequences of other seeds, streams, steps and forks differ") {
  const Rng base(1);
  std::set<double> first;
  for (const Rng& r : {base, Rng(2), base.with(Stream::noise), base.at(1), base.fork(0), base.fork(1),
                       base.with(Stream::noise).fork(0), base.at(1).fork(0), Rng(std::uint64_t{1} << 32)})
    first.insert(r.uniform_at(0));
  CHECK(first.size() == 9);
  CHECK(base.uniform({3}, Dtype::f64, 5).at(0) == base.uniform_at(5));
}

TEST_CASE("indices and permutations are uniform") {
  const Rng rng(5);
  const std::uint64_t n = 7, draws = 70'000;
  std::vector<double> counts(n);
  for (std::uint64_t i = 0; i < draws; ++i) counts.at(rng.index(i, n)) += 1;
  double chi2 = 0;
  for (double c : counts) chi2 += (c - 10'000) * (c - 10'000) / 10'000;
  CHECK(chi2 < 27.9);  // χ² with 6 degrees of freedom, p = 1e-4

  std::map<std::vector<std::int64_t>, double> seen;
  for (std::uint32_t step = 0; step < 24'000; ++step) seen[rng.at(step).permutation(4)] += 1;
  REQUIRE(seen.size() == 24);
  chi2 = 0;
  for (const auto& [order, count] : seen) chi2 += (count - 1000) * (count - 1000) / 1000;
  CHECK(chi2 < 60);  // 23 degrees of freedom, p = 4e-5
  CHECK(rng.permutation(0).empty());
}
