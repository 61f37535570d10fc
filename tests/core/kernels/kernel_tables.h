#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "fokker/core/kernels/kernels.h"
#include "tests/support/catch.h"

namespace kernel_test {

using namespace fokker;
using namespace fokker::kernels;

/// The tables that this CPU can run.
inline std::vector<const Table*> tables() {
  std::vector<const Table*> result;
  for (const char* name : {"baseline", "v3", "v4"})
    if (const Table* t = table(name)) result.push_back(t);
  return result;
}

template <class T>
std::vector<T> random_values(std::size_t n, double low, double high, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<T> values(n);
  for (T& v : values) v = static_cast<T>(draw(engine));
  return values;
}

/// One unit in the last place of T at `value`.
template <class T>
double ulp(double value) {
  const int exponent = std::max(std::ilogb(value), std::numeric_limits<T>::min_exponent - 1);
  return std::ldexp(1.0, exponent - std::numeric_limits<T>::digits + 1);
}

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace kernel_test
