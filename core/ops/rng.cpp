#include "fokker/core/ops/rng.h"

#include <numeric>

#include "fokker/core/kernels/kernels.h"

namespace fokker {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0], p1 = std::uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return c;
}

namespace {

std::array<std::uint32_t, 2> words(std::uint64_t x) {
  return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(x >> 32)};
}

/// 64 bits: the words (0, 1) or (2, 3) of block element/2, as in the f64 sequences.
std::uint64_t bits(std::uint64_t seed, std::uint32_t stream, std::uint32_t step, std::uint64_t element) {
  const auto [low, high] = words(element / 2);
  const auto w = philox({low, high, step, stream}, words(seed));
  const std::size_t at = 2 * (element % 2);
  return w[at] | std::uint64_t{w[at + 1]} << 32;
}

}  // namespace

Rng Rng::fork(std::uint64_t tag) const {
  // Counters with the top bit of the stream set belong to forks alone.
  const std::uint64_t seed = bits(seed_, stream_ | 0x80000000u, step_, tag);
  return Rng(seed, static_cast<Stream>(stream_), step_);
}

Tensor Rng::normal(const Shape& shape, Dtype dtype, std::uint64_t first) const {
  Tensor out = Tensor::empty(shape, dtype);
  kernels::random(dtype).normal(seed_, stream_, step_, first, out.raw(), out.size());
  return out;
}

Tensor Rng::uniform(const Shape& shape, Dtype dtype, std::uint64_t first) const {
  Tensor out = Tensor::empty(shape, dtype);
  kernels::random(dtype).uniform(seed_, stream_, step_, first, out.raw(), out.size());
  return out;
}

double Rng::uniform_at(std::uint64_t element) const {
  return static_cast<double>(bits(seed_, stream_, step_, element) >> 11) * 0x1p-53;
}

std::uint64_t Rng::index(std::uint64_t element, std::uint64_t n) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{bits(seed_, stream_, step_, element)} * n) >> 64);
}

std::vector<std::int64_t> Rng::permutation(std::int64_t n) const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[index(i, i)]);
  return order;
}

}  // namespace fokker
