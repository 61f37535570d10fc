#include "fokker/experiments/data/npy.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "fokker/core/io/file.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;

namespace {

/// A file as numpy.lib.format writes it: the header is padded so that the data begin at a multiple of 64.
std::string file(int version, const std::string& header, const std::string& data) {
  const std::size_t prefix = version == 1 ? 10 : 12;
  std::string text = header;
  text.append(63 - (prefix + text.size()) % 64, ' ');
  text += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += {static_cast<char>(version), '\0'};
  for (std::size_t i = 0; i < prefix - 8; ++i) bytes += static_cast<char>(text.size() >> (8 * i));
  return bytes + text + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", descr, fortran ? "True" : "False", shape);
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

Tensor parse(const std::string& bytes, Dtype dtype = Dtype::f64) {
  return parse_npy(std::as_bytes(std::span(bytes)), "a.npy", dtype);
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("arrays as NumPy writes them", "[npy]") {
  struct Case {
    std::string bytes;
    Shape shape;
    Values values;
  };
  // NumPy wrote the data of the first two.
  const Case cases[] = {
      {file(1, header("<f4", "(2, 3)"), from_hex("000000000000803e0000003f0000403f0000803f0000a03f")),
       {2, 3},
       {0, 0.25, 0.5, 0.75, 1, 1.25}},
      {file(1, header("<f8", "(2, 3)", true),
            from_hex(
                "00000000000000000000000000000840000000000000f03f000000000000104000000000000000400000000000001440")),
       {2, 3},
       {0, 1, 2, 3, 4, 5}},
      {file(1, header(">i2", "(2, 3)"), from_hex("fffdfffeffff000000010002")), {2, 3}, {-3, -2, -1, 0, 1, 2}},
      {file(2, header("|u1", "(2, 3)"), from_hex("000102030405")), {2, 3}, {0, 1, 2, 3, 4, 5}},
      {file(3, header("<i8", "(2,)"), from_hex("0500000000000000ffffffffffffffff")), {2}, {5, -1}},
      {file(1, header("|b1", "(3,)"), from_hex("010001")), {3}, {1, 0, 1}},
      {file(1, header("<f2", "(5,)"), from_hex("003c00b80100007c00fc")), {5}, {1, -0.5, 0x1p-24, HUGE_VAL, -HUGE_VAL}},
      {file(1, header("<f8", "()"), from_hex("0000000000000440")), {}, {2.5}},
      {file(1, header("<f4", "(0, 3)"), ""), {0, 3}, {}},
      {file(1, header("<i4", "(1,)"), from_hex("feffffff")), {1}, {-2}},
      {file(1, header("<u4", "(1,)"), from_hex("feffffff")), {1}, {4294967294}},
      {file(1, header("<u8", "(1,)"), from_hex("0000000000000080")), {1}, {0x1p63}},
      {file(1, header("|i1", "(1,)"), from_hex("80")), {1}, {-128}},
      {file(1, header("<u2", "(1,)"), from_hex("ffff")), {1}, {65535}},
  };
  for (const Case& c : cases) {
    INFO(c.bytes.substr(10, 60));
    const Tensor values = parse(c.bytes);
    CHECK(values.shape() == c.shape);
    CHECK(values.to_vector() == c.values);
    CHECK(values.dtype() == Dtype::f64);
    CHECK(parse(c.bytes, Dtype::f32).dtype() == Dtype::f32);
  }
}

TEST_CASE("Fortran order of three axes becomes row-major", "[npy]") {
  const Shape shape{2, 3, 4};
  std::string data;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) data += static_cast<char>(100 * i + 10 * j + k);
  const Tensor values = parse(file(1, header("|u1", "(2, 3, 4)", true), data));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) CHECK(values.at((i * 3 + j) * 4 + k) == 100 * i + 10 * j + k);
}

TEST_CASE("a damaged or foreign array is refused with the reason", "[npy]") {
  const std::string four(4, '\0');
  const std::pair<std::string, const char*> cases[] = {
      {"", "expected a NumPy file"},
      {"PK\x03\x04 a zip of arrays", "expected a NumPy file"},
      {file(4, header("<f4", "(1,)"), four), "expected version 1, 2 or 3, got 4"},
      {file(1, header("<f4", "(1,)"), four).substr(0, 40), "expected a header of"},
      {file(1, header("<f4", "(2,)"), four), "expected the shape (2) of 4-byte values, the file holds 4 bytes"},
      {file(1, header("<f4", "(1,)"), four + four), "the file holds 8 bytes"},
      {file(1, header("<f4", "(4611686018427387904, 4)"), ""), "expected the shape"},
      {file(1, header("<f4", "(99999999999999999999,)"), ""), "expected an extent ≥ 0"},
      {file(1, header("<f4", "(-1,)"), ""), "expected an extent ≥ 0"},
      {file(1, header("<f4", "(1,1,1,1,1,1,1)"), four), "at most 6 axes"},
      {file(1, header("<c8", "(1,)"), four + four), "got '<c8'; convert with"},
      {file(1, header("|O", "(1,)"), four), "got '|O'"},
      {file(1, header("<U1", "(1,)"), four), "got '<U1'"},
      {file(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", four), "array of records"},
      {file(1, "{'descr': '<f4', 'shape': (1,), }", four), "expected descr, fortran_order and shape"},
      {file(1, "{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", four), "expected descr, fortran_order and shape"},
      {file(1, "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", four), "expected True or False"},
      {file(1, "{'descr': '<f4, 'fortran_order': False}", four), "the header is damaged"},
      {file(1, header("<f4", "(1,)") + "x", four), "text after the dictionary"},
      {file(1, "{'extra': '1', 'shape': (1,)}", four), "unknown entry 'extra'"},
  };
  for (const auto& [bytes, message] : cases) {
    const std::string text = error_of(bytes);
    INFO(text << " should say " << message);
    CHECK(text.starts_with("[npy] a.npy: "));
    CHECK(text.find(message) != std::string::npos);
  }
}

TEST_CASE("an array cut anywhere is refused", "[npy]") {
  const std::string bytes = file(1, header("<f4", "(2,)"), std::string(8, '\0'));
  CHECK_NOTHROW(parse(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_THROWS_AS(parse(bytes.substr(0, size)), ConfigError);
}

TEST_CASE("arrays are read from files", "[npy]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.npy", file(1, header("|u1", "(2,)"), "\x01\x02"));
  CHECK(read_npy(folder / "a.npy").to_vector() == Values{1, 2});
  CHECK_THROWS_AS(read_npy(folder / "missing.npy"), IoError);
}
