#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Philox4x32-10 [salmon2011]: the 128 random bits at `counter` under `key`.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Named sequences of random numbers; two uses never share one.
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

/// A place in a counter-based random sequence: a value, without state.  Element e of (seed, stream, step) is the same
/// number on any thread, in any batch, in any order.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, Stream stream = Stream::general, std::uint32_t step = 0)
      : seed_(seed), stream_(static_cast<std::uint32_t>(stream)), step_(step) {}

  Rng with(Stream stream) const { return Rng(seed_, stream, step_); }
  Rng at(std::uint32_t step) const { return Rng(seed_, static_cast<Stream>(stream_), step); }
  /// An independent seed derived from this place and `tag`.
  Rng fork(std::uint64_t tag) const;
  std::uint64_t seed() const { return seed_; }

  /// Elements [first, first + shape.size()) of the sequence; pass `sample · elements per sample` for a sample's own.
  Tensor normal(const Shape& shape, Dtype dtype = Dtype::f32, std::uint64_t first = 0) const;
  /// In [0, 1).
  Tensor uniform(const Shape& shape, Dtype dtype = Dtype::f32, std::uint64_t first = 0) const;
  double uniform_at(std::uint64_t element) const;
  /// A uniform integer in [0, n), unbiased to 2⁻⁶⁴.
  std::uint64_t index(std::uint64_t element, std::uint64_t n) const;
  /// A uniform permutation of 0 … n−1 (Fisher–Yates).
  std::vector<std::int64_t> permutation(std::int64_t n) const;

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
  std::uint32_t step_;
};

}  // namespace fokker
