#include "fokker/core/kernels/bf16_table.h"

#include "fokker/core/kernels/isa.h"
#include "fokker/core/kernels/vector.h"

namespace fokker::kernels::FOKKER_ISA {
namespace {

typedef std::uint16_t HalfU16 __attribute__((vector_size(vector_bytes / 2)));
constexpr int step = lanes<float>;

FOKKER_INLINE HalfU16 rounded(U32 bits) {
  const U32 nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, quiet = (bits >> 16) | 0x40;
  const U32 is_nan = reinterpret_cast<U32>((bits & 0x7fffffff) > 0x7f800000);
  return __builtin_convertvector((is_nan & quiet) | (~is_nan & nearest), HalfU16);
}

void round(const float* x, std::uint16_t* out, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + step <= n; i += step) store(out + i, rounded(load<U32>(x + i)));
  if (i == n) return;
  float rest[step] = {};
  std::uint16_t result[step];
  for (std::int64_t j = i; j < n; ++j) rest[j - i] = x[j];
  store(result, rounded(load<U32>(rest)));
  for (std::int64_t j = i; j < n; ++j) out[j] = result[j - i];
}

void widen(const std::uint16_t* x, float* out, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + step <= n; i += step) store(out + i, __builtin_convertvector(load<HalfU16>(x + i), U32) << 16);
  for (; i < n; ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(x[i]) << 16;
    __builtin_memcpy(out + i, &bits, sizeof bits);
  }
}

}  // namespace

extern constexpr Bf16 bf16_table{round, widen};

}  // namespace fokker::kernels::FOKKER_ISA
