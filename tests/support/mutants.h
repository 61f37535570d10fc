#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "fokker/core/base/error.h"
#include "tests/support/catch.h"

/// A changed copy: one flipped bit, up to four other bytes, a cut, a gap, a block twice, or a huge number.
inline std::vector<std::byte> mutant(const std::vector<std::byte>& bytes, std::mt19937_64& random) {
  std::vector<std::byte> out = bytes;
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1)); };
  const std::size_t at = below(out.size()), length = 1 + below(std::min<std::size_t>(out.size() - at, 64));
  const auto place = out.begin() + static_cast<std::ptrdiff_t>(at);
  switch (below(6)) {
    case 0: out[at] ^= static_cast<std::byte>(1 << below(8)); break;
    case 1:
      for (std::size_t i = 0; i <= below(4); ++i) out[below(out.size())] = static_cast<std::byte>(random());
      break;
    case 2: out.resize(at); break;
    case 3: out.erase(place, place + static_cast<std::ptrdiff_t>(length)); break;
    case 4: {
      const std::vector<std::byte> block(place, place + static_cast<std::ptrdiff_t>(length));
      out.insert(out.begin() + static_cast<std::ptrdiff_t>(below(out.size())), block.begin(), block.end());
      break;
    }
    default:
      for (std::size_t i = 0; i < length && i < 8; ++i) out[at + i] = std::byte{0xff};
  }
  return out;
}

/// How readers take mutants: each must be read, or refused by one of the library's errors, within 5 s.
struct MutantCount {
  int read = 0, refused = 0;
  double slowest = 0;  // seconds
};

inline MutantCount read_mutants(const std::vector<std::byte>& bytes, int count, std::uint64_t seed,
                                const std::function<void(const std::vector<std::byte>&)>& read) {
  MutantCount result;
  std::mt19937_64 random(seed);
  for (int i = 0; i < count; ++i) {
    const auto changed = mutant(bytes, random);
    const auto start = std::chrono::steady_clock::now();
    try {
      read(changed);
      ++result.read;
    } catch (const fokker::Error&) {
      ++result.refused;
    } catch (const std::exception& error) {
      FAIL("mutant " << i << " of seed " << seed << ": an error without a type of the library: " << error.what());
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    result.slowest = std::max(result.slowest, time.count());
  }
  CHECK(result.slowest < 5);
  CHECK(result.refused > 0);
  return result;
}
