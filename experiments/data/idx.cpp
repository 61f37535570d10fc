#include "fokker/experiments/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "fokker/core/base/memory.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

std::uint8_t byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

/// An unsigned big-endian number of sizeof(U) bytes.
template <class U>
U big_endian(const std::byte* bytes) {
  U value = 0;
  for (std::size_t i = 0; i < sizeof(U); ++i)
    value = static_cast<U>(static_cast<std::uint64_t>(value) << 8 | std::to_integer<std::uint64_t>(bytes[i]));
  return value;
}

struct Inflater {
  z_stream stream{};
  ~Inflater() { inflateEnd(&stream); }
};

/// All members of a gzip file, one after the other.
std::vector<std::byte> unpack(std::span<const std::byte> bytes, const std::string& name) {
  Inflater inflater;
  z_stream& z = inflater.stream;
  constexpr int gzip_window = 15 + 16;
  require<IoError>(inflateInit2(&z, gzip_window) == Z_OK, "[idx] {}: cannot unpack gzip", name);
  std::vector<std::byte> out, piece(std::size_t{1} << 18);
  const std::uint64_t most = std::min(unpacked_limit(bytes.size()), available_memory());
  std::size_t at = 0;
  int status = Z_OK;
  while (true) {
    if (z.avail_in == 0 && at < bytes.size()) {
      const std::size_t size = std::min<std::size_t>(bytes.size() - at, std::size_t{1} << 30);
      z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + at));
      z.avail_in = static_cast<uInt>(size);
      at += size;
    }
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&z, Z_NO_FLUSH);
    const bool good = status == Z_OK || status == Z_STREAM_END;
    require<ConfigError>(good, "[idx] {}: the gzip data are damaged or end early after {} unpacked bytes", name,
                         out.size());
    require<ConfigError>(out.size() + piece.size() - z.avail_out <= most,
                         "[idx] {}: {} unpack to more than {}; unpack it with gunzip if it is meant so", name,
                         size_text(bytes.size()), size_text(most));
    out.insert(out.end(), piece.begin(), piece.end() - z.avail_out);
    if (status != Z_STREAM_END) continue;
    if (z.avail_in == 0 && at == bytes.size()) return out;
    inflateReset(&z);
  }
}

template <class T, class U>
void convert(std::span<const std::byte> values, Tensor& out) {
  visit(out.dtype(), [&](auto zero) {
    auto target = out.data<decltype(zero)>();
    for (std::size_t i = 0; i < target.size(); ++i)
      target[i] = static_cast<decltype(zero)>(std::bit_cast<T>(big_endian<U>(values.data() + i * sizeof(U))));
  });
}

struct Type {
  std::uint8_t code;
  std::size_t size;
  void (*convert)(std::span<const std::byte>, Tensor&);
};

constexpr std::array types = {
    Type{0x08, 1, convert<std::uint8_t, std::uint8_t>},  Type{0x09, 1, convert<std::int8_t, std::uint8_t>},
    Type{0x0b, 2, convert<std::int16_t, std::uint16_t>}, Type{0x0c, 4, convert<std::int32_t, std::uint32_t>},
    Type{0x0d, 4, convert<float, std::uint32_t>},        Type{0x0e, 8, convert<double, std::uint64_t>}};

/// The extents of the header, once the file is known to hold as many values.
Shape checked_shape(std::span<const std::byte> bytes, const std::string& name, std::size_t element) {
  const int rank = byte_at(bytes, 3);
  require<ConfigError>(rank >= 1 && rank <= Shape::max_rank, "[idx] {}: expected 1 to {} axes, got {}", name,
                       Shape::max_rank, rank);
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(rank);
  require<ConfigError>(bytes.size() >= header,
                       "[idx] {}: expected a header of {} bytes, the file ends after {}; it is "
                       "truncated, fetch it again",
                       name, header, bytes.size());
  std::vector<std::int64_t> extents;
  const std::size_t held = (bytes.size() - header) / element;
  std::uint64_t count = 1;
  bool fits = true;
  for (int i = 0; i < rank; ++i) {
    extents.push_back(big_endian<std::uint32_t>(bytes.data() + 4 + 4 * i));
    const auto extent = static_cast<std::uint64_t>(extents.back());
    fits = fits && (extent == 0 || count <= held / extent);
    count = fits ? count * extent : count;
  }
  const bool exact = fits && header + count * element == bytes.size();
  require<ConfigError>(
      exact, "[idx] {}: expected {} values of {} bytes after the header, the file has {} bytes; it is {}", name,
      fmt::format("{}", fmt::join(extents, " × ")), element, bytes.size() - header,
      fits && header + count * element < bytes.size() ? "longer than its header says" : "truncated, fetch it again");
  return Shape(extents);
}

}  // namespace

Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name, Dtype dtype) {
  if (bytes.size() >= 2 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b) {
    const auto unpacked = unpack(bytes, name);
    const bool nested = unpacked.size() >= 2 && byte_at(unpacked, 0) == 0x1f;
    require<ConfigError>(!nested, "[idx] {}: expected an IDX file inside the gzip file, got another gzip file", name);
    return parse_idx(unpacked, name, dtype);
  }
  require<ConfigError>(bytes.size() >= 4, "[idx] {}: expected a header of at least 8 bytes, the file has {}", name,
                       bytes.size());
  const auto type =
      std::find_if(types.begin(), types.end(), [&](const Type& t) { return t.code == byte_at(bytes, 2); });
  require<ConfigError>(byte_at(bytes, 0) == 0 && byte_at(bytes, 1) == 0 && type != types.end(),
                       "[idx] {}: expected an IDX file, which begins with 00 00 and one of 08 09 0b 0c 0d 0e, got "
                       "{:02x} {:02x} {:02x}",
                       name, byte_at(bytes, 0), byte_at(bytes, 1), byte_at(bytes, 2));
  const Shape shape = checked_shape(bytes, name, type->size);
  require_memory(static_cast<std::uint64_t>(shape.size()) * static_cast<std::uint64_t>(element_size(dtype)),
                 "[idx] " + name);
  Tensor out = Tensor::empty(shape, dtype);
  type->convert(bytes.subspan(4 + 4 * static_cast<std::size_t>(shape.rank())), out);
  return out;
}

Tensor read_idx(const std::filesystem::path& path, Dtype dtype) {
  return parse_idx(read_file(path), path.string(), dtype);
}

}  // namespace fokker
