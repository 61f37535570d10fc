#include "fokker/experiments/data/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "fokker/core/base/memory.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  void read() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr")
        descr = quoted();
      else if (key == "fortran_order")
        fortran = boolean();
      else if (key == "shape")
        read_shape();
      else
        damaged(fmt::format("unknown entry '{}'", key));
      seen += key.size();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) damaged("text after the dictionary");
    if (!has_shape_ || descr.empty() || seen != std::string_view("descrfortran_ordershape").size())
      damaged("expected descr, fortran_order and shape, once each");
  }

  std::string descr = {};
  bool fortran = false;
  std::vector<std::int64_t> shape = {};

 private:
  [[noreturn]] void damaged(std::string_view what) const {
    throw ConfigError(fmt::format("[npy] {}: the header is damaged at character {}: {}", name_, at_, what));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) damaged(fmt::format("expected '{}'", c));
  }
  std::string_view quoted() {
    if (accept('[')) damaged("expected a plain type, got an array of records");
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') damaged("expected a text in quotes");
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) damaged("a text does not end");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    damaged("expected True or False");
  }
  void read_shape() {
    has_shape_ = true;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t extent = -1;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0) damaged("expected an extent ≥ 0");
      at_ = static_cast<std::size_t>(end - text_.data());
      shape.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0, seen = 0;
  bool has_shape_ = false;
};

template <class T>
double value_of(std::uint64_t bits) {
  if constexpr (sizeof(T) == 1) return static_cast<double>(std::bit_cast<T>(static_cast<std::uint8_t>(bits)));
  if constexpr (sizeof(T) == 2) return static_cast<double>(std::bit_cast<T>(static_cast<std::uint16_t>(bits)));
  if constexpr (sizeof(T) == 4) return static_cast<double>(std::bit_cast<T>(static_cast<std::uint32_t>(bits)));
  if constexpr (sizeof(T) == 8) return static_cast<double>(std::bit_cast<T>(bits));
}

/// Converts IEEE binary16.
double half_value(std::uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const auto fraction = static_cast<double>(bits & 1023);
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? HUGE_VAL : std::nan("");
  return bits & 0x8000 ? -value : value;
}

double bool_value(std::uint64_t bits) { return bits != 0; }

struct Type {
  std::string_view code;
  double (*value)(std::uint64_t bits);
};

constexpr std::array types = {Type{"b1", bool_value},
                              Type{"i1", value_of<std::int8_t>},
                              Type{"i2", value_of<std::int16_t>},
                              Type{"i4", value_of<std::int32_t>},
                              Type{"i8", value_of<std::int64_t>},
                              Type{"u1", value_of<std::uint8_t>},
                              Type{"u2", value_of<std::uint16_t>},
                              Type{"u4", value_of<std::uint32_t>},
                              Type{"u8", value_of<std::uint64_t>},
                              Type{"f2", half_value},
                              Type{"f4", value_of<float>},
                              Type{"f8", value_of<double>}};

/// The place and the kind of the values.
struct Values {
  std::span<const std::byte> bytes;
  std::size_t size;  // bytes of one value
  bool big_endian;
  double (*value)(std::uint64_t bits);

  double operator[](std::size_t i) const {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < size; ++k) {
      const std::size_t at = big_endian ? k : size - 1 - k;
      bits = bits << 8 | std::to_integer<std::uint64_t>(bytes[i * size + at]);
    }
    return value(bits);
  }
};

/// The values in row-major order; `fortran` values lie in column-major order.
void fill(Tensor& out, const Values& values, bool fortran) {
  const Shape& shape = out.shape();
  std::vector<std::size_t> index(static_cast<std::size_t>(shape.rank()), 0);
  visit(out.dtype(), [&](auto zero) {
    auto target = out.data<decltype(zero)>();
    for (std::size_t i = 0; i < target.size(); ++i) {
      std::size_t source = i;
      if (fortran) {
        source = 0;
        for (int axis = shape.rank() - 1; axis >= 0; --axis)
          source = source * static_cast<std::size_t>(shape[axis]) + index[static_cast<std::size_t>(axis)];
        for (int axis = shape.rank() - 1; axis >= 0; --axis) {
          auto& digit = index[static_cast<std::size_t>(axis)];
          if (++digit < static_cast<std::size_t>(shape[axis])) break;
          digit = 0;
        }
      }
      target[i] = static_cast<decltype(zero)>(values[source]);
    }
  });
}

/// The number of values.  Throws unless the file holds exactly as many.
void check_size(const HeaderReader& header, std::size_t element, std::size_t held, const std::string& name) {
  require<ConfigError>(header.shape.size() <= Shape::max_rank, "[npy] {}: expected at most {} axes, got {}", name,
                       Shape::max_rank, header.shape.size());
  std::uint64_t count = 1;
  bool fits = true;
  for (const std::int64_t extent : header.shape) {
    const auto size = static_cast<std::uint64_t>(extent);
    fits = fits && (size == 0 || count <= held / size);
    count = fits ? count * size : count;
  }
  require<ConfigError>(fits && count * element == held,
                       "[npy] {}: expected the shape ({}) of {}-byte values, the file holds {} bytes; it is damaged",
                       name, fmt::join(header.shape, ", "), element, held);
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name, Dtype dtype) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  require<ConfigError>(text.starts_with(magic) && text.size() >= 10,
                       "[npy] {}: expected a NumPy file (\\x93NUMPY), got {} bytes of something else", name,
                       text.size());
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(text[at])); };
  require<ConfigError>(byte(6) >= 1 && byte(6) <= 3, "[npy] {}: expected version 1, 2 or 3, got {}", name, byte(6));
  const std::size_t start = byte(6) == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (start == 12 && text.size() >= 12) length |= byte(10) << 16 | byte(11) << 24;
  require<ConfigError>(text.size() >= start && length <= text.size() - start,
                       "[npy] {}: expected a header of {} bytes, the file ends after {}", name, start + length,
                       text.size());
  HeaderReader header(text.substr(start, length), name);
  header.read();

  const std::string& descr = header.descr;
  const auto fits = [&](const Type& type) { return descr.size() == 3 && descr.substr(1) == type.code; };
  const auto type = std::find_if(types.begin(), types.end(), fits);
  require<ConfigError>(type != types.end() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos,
                       "[npy] {}: expected booleans, integers or floating-point numbers, got '{}'; convert with "
                       "array.astype(\"f4\")",
                       name, descr);
  const auto element = static_cast<std::size_t>(descr[2] - '0');
  check_size(header, element, text.size() - start - length, name);
  const Shape shape(header.shape);
  require_memory(static_cast<std::uint64_t>(shape.size()) * static_cast<std::uint64_t>(element_size(dtype)),
                 "[npy] " + name);
  Tensor out = Tensor::empty(shape, dtype);
  fill(out, {bytes.subspan(start + length), element, descr[0] == '>', type->value}, header.fortran);
  return out;
}

Tensor read_npy(const std::filesystem::path& path, Dtype dtype) {
  return parse_npy(read_file(path), path.string(), dtype);
}

}  // namespace fokker
