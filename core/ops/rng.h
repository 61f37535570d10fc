#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Returns the 128 random bits of Philox4x32-10 [salmon2011] at `counter` under `key`.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// The named sequences of random numbers.  Two uses never share one.
enum class Stream : std::uint32_t {
  general,
  initialisation,
  shuffle,
  augmentation,
  time,
  noise,
  dropout,
  prior,
  brownian,
  levy_area,
  corrector,
  metric,
  data,
  split,
  label,
  third_area,
  probe,
  bound
};

/// A position in a counter-based random sequence: a value, without state.  Element e of (seed, stream, step) is the
/// same number on any thread, in any batch and in any order.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, Stream stream = Stream::general, std::uint32_t step = 0)
      : seed_(seed), stream_(static_cast<std::uint32_t>(stream)), step_(step) {}

  Rng with(Stream stream) const { return Rng(seed_, stream, step_); }
  Rng at(std::uint32_t step) const { return Rng(seed_, static_cast<Stream>(stream_), step); }
  /// Returns an independent seed derived from this position and `tag`.
  Rng fork(std::uint64_t tag) const;
  std::uint64_t seed() const { return seed_; }

  /// Returns elements [first, first + shape.size()) of the standard normal sequence.  A sample gets its own numbers
  /// from `first` = sample · elements per sample.
  Tensor normal(const Shape& shape, Dtype dtype = Dtype::f32, std::uint64_t first = 0) const;
  /// Returns elements of the uniform sequence, in [0, 1).
  Tensor uniform(const Shape& shape, Dtype dtype = Dtype::f32, std::uint64_t first = 0) const;
  double uniform_at(std::uint64_t element) const;
  /// Returns a uniform integer in [0, n), unbiased to 2⁻⁶⁴.
  std::uint64_t index(std::uint64_t element, std::uint64_t n) const;
  /// Returns a uniform permutation of 0 … n−1 (Fisher–Yates).
  std::vector<std::int64_t> permutation(std::int64_t n) const;

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint32_t step_;
};

}  // namespace fokker
