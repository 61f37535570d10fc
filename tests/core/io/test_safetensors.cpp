#include "fokker/core/io/safetensors.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>

#include "fokker/core/io/file.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;

namespace {

/// A file of the given header and data.
std::string container(const std::string& header, const std::string& data, std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}
std::string container(const std::string& header, const std::string& data) {
  return container(header, data, header.size());
}

SafeTensors parse(const std::string& bytes) {
  static const TemporaryFolder folder;
  std::ofstream(folder / "w.safetensors", std::ios::binary) << bytes;
  return read_safetensors(folder / "w.safetensors");
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape, offsets);
}

struct Corrupt {
  const char* what;
  std::string bytes;
  const char* message;
};

std::vector<Corrupt> corrupt_files() {
  const std::string four(4, '\0'), eight(8, '\0');
  const auto one = [&](const std::string& inside, const std::string& data) {
    return container("{" + inside + "}", data);
  };
  return {
      {"empty", "", "at least 8 bytes"},
      {"seven bytes", std::string(7, '\0'), "at least 8 bytes"},
      {"header beyond the file", container("{}", "", 3), "expected a header of 3 bytes, the file ends after 2"},
      {"header of 2^64 - 1 bytes", container("{}", "", ~0ull), "at most 100000000 bytes"},
      {"header of 10^8 + 1 bytes", container("{}", "", 100'000'001), "at most 100000000 bytes"},
      {"no header", container("", ""), "begins with {"},
      {"a list", container("[]", ""), "begins with {"},
      {"a space before the header", container(" {}", ""), "begins with {"},
      {"half of the JSON", container("{\"a\":", ""), "expected a header in JSON"},
      {"text after the JSON", container("{}x", ""), "expected a header in JSON"},
      {"invalid UTF-8", container("{\"\xff\":1}", ""), "expected a header in JSON"},
      {"deep nesting", container("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", ""),
       "nested"},
      {"the same name twice", one(entry("a", "[1]", "[0,4]") + "," + entry("a", "[1]", "[0,4]"), four), "stands twice"},
      {"an entry that is a number", one("\"a\":1", ""), "a: expected dtype, shape"},
      {"no dtype", one(R"("a":{"shape":[1],"data_offsets":[0,4]})", four), "a: expected dtype, shape"},
      {"an unknown dtype", one(entry("a", "[1]", "[0,4]", "I32"), four), "expected F64, F32, F16 or BF16, got I32"},
      {"a shape that is a number", one(entry("a", "1", "[0,4]"), four), "a: expected a shape"},
      {"a negative extent", one(entry("a", "[-1]", "[0,4]"), four), "extents from 0 to 2^48"},
      {"a fractional extent", one(entry("a", "[1.0]", "[0,4]"), four), "extents from 0 to 2^48"},
      {"seven axes", one(entry("a", "[1,1,1,1,1,1,1]", "[0,4]"), four), "at most 6 extents"},
      {"an overflowing shape", one(entry("a", "[4294967296,4294967296,4294967296,4294967296]", "[0,0]"), ""),
       "at most"},
      {"an empty overflowing shape", one(entry("a", "[0,281474976710656,281474976710656]", "[0,0]"), ""), "at most"},
      {"a shape larger than the data", one(entry("a", "[2]", "[0,4]"), four), "a: expected at most 1 elements"},
      {"a shape smaller than the data", one(entry("a", "[1]", "[0,8]"), eight),
       "a: expected 4 bytes for the shape [1]"},
      {"offsets reversed", one(entry("a", "[1]", "[4,0]"), four), "within the 4 bytes"},
      {"offsets beyond the file", one(entry("a", "[1]", "[4,8]"), four), "within the 4 bytes"},
      {"huge offsets", one(entry("a", "[1]", "[18446744073709551612,18446744073709551615]"), four),
       "within the 4 bytes"},
      {"negative offsets", one(entry("a", "[1]", "[-4,0]"), four), "data_offsets [begin, end]"},
      {"one offset", one(entry("a", "[1]", "[0]"), four), "data_offsets [begin, end]"},
      {"overlapping tensors", one(entry("a", "[1]", "[0,4]") + "," + entry("b", "[1]", "[0,4]"), four), "overlap"},
      {"a hole", one(entry("a", "[1]", "[4,8]"), eight), "overlap or leave a hole"},
      {"bytes after the tensors", one(entry("a", "[1]", "[0,4]"), eight), "expected 4 bytes of data, the file has 8"},
      {"truncated data", one(entry("a", "[2]", "[0,8]"), four), "damaged or truncated"},
      {"metadata that is a list", one("\"__metadata__\":[]", ""), "expected an object of texts"},
      {"metadata with a number", one(R"("__metadata__":{"a":1})", ""), "__metadata__.a: expected a text"},
  };
}

}  // namespace

TEST_CASE("tensors and metadata come back in order, bit for bit", "[safetensors]") {
  const TemporaryFolder folder;
  const Tensor odd = Tensor::from({1.5, -0.0, std::numeric_limits<double>::infinity()}, {3});
  const Tensor wide = Tensor::from({0.1, 1e-300}, {2, 1}, Dtype::f64);
  const SafeTensors content{
      {{"z.weight", odd}, {"a", wide}, {"scalar", Tensor::scalar(3)}, {"none", Tensor::zeros({0, 2})}},
      {{"config", "{\"x\": \"ü\"}"}, {"step", "5"}}};
  write_safetensors(folder / "w.safetensors", content);
  const SafeTensors back = read_safetensors(folder / "w.safetensors");
  CHECK(back.metadata == content.metadata);
  REQUIRE(back.tensors.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(back.tensors[i].first == content.tensors[i].first);
    const Tensor &got = back.tensors[i].second, &sent = content.tensors[i].second;
    CHECK(got.shape() == sent.shape());
    REQUIRE(got.dtype() == sent.dtype());
    CHECK((sent.bytes() == 0 || std::memcmp(got.raw(), sent.raw(), static_cast<std::size_t>(sent.bytes())) == 0));
  }
}

TEST_CASE("the data of every tensor are aligned to its elements", "[safetensors]") {
  const TemporaryFolder folder;
  write_safetensors(folder / "w", {{{"f", Tensor::ones({3})}, {"d", Tensor::full({1}, 2, Dtype::f64)}}, {}});
  const std::string bytes = read_text_file(folder / "w");
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  double first;
  std::memcpy(&first, bytes.data() + 8 + length, 8);
  CHECK(first == 2);
}

TEST_CASE("F16 and BF16 are widened exactly", "[safetensors]") {
  const std::uint16_t halves[] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8001, 0x0400,
                                  0x7c00, 0xfc00, 0x3555, 0x8000, 0x7e00};
  const std::uint16_t bfloats[] = {0x3f80, 0xc049, 0x7f80, 0x0080};
  std::string data(sizeof halves + sizeof bfloats, '\0');
  std::memcpy(data.data(), halves, sizeof halves);
  std::memcpy(data.data() + sizeof halves, bfloats, sizeof bfloats);
  const auto content = parse(
      container("{" + entry("h", "[11]", "[0,22]", "F16") + "," + entry("b", "[2,2]", "[22,30]", "BF16") + "}", data));
  const auto h = content.tensors[0].second.to_vector(), b = content.tensors[1].second.to_vector();
  const std::vector<double> expected = {1,       -2,       65504,     0x1p-24,        -0x1p-24,
                                        0x1p-14, HUGE_VAL, -HUGE_VAL, 0.333251953125, 0};
  CHECK(std::vector<double>(h.begin(), h.end() - 1) == expected);
  CHECK(std::signbit(h[9]));
  CHECK(std::isnan(h[10]));
  CHECK(b == std::vector<double>{1, -3.140625, HUGE_VAL, 0x1p-126});
}

TEST_CASE("every corrupt header is refused by name", "[safetensors]") {
  const auto files = corrupt_files();
  CHECK(files.size() >= 30);
  for (const Corrupt& file : files) {
    const std::string text = error_of(file.bytes);
    INFO(file.what << " → " << text);
    CHECK(text.starts_with("[safetensors] "));
    CHECK(text.find("w.safetensors: ") != std::string::npos);
    CHECK(text.find(file.message) != std::string::npos);
  }
}

TEST_CASE("a file cut anywhere is refused", "[safetensors]") {
  const TemporaryFolder folder;
  write_safetensors(folder / "w", {{{"a", Tensor::ones({5})}}, {{"k", "v"}}});
  const std::string bytes = read_text_file(folder / "w");
  CHECK_NOTHROW(parse(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_THROWS_AS(parse(bytes.substr(0, size)), ConfigError);
}

TEST_CASE("a flipped byte of the header is refused or changes no size", "[safetensors]") {
  const std::string bytes =
      container("{" + entry("a", "[2,3]", "[0,24]") + "," + entry("b", "[1]", "[24,28]") + "}", std::string(28, '\1'));
  const std::size_t header = bytes.size() - 28;
  int refused = 0;
  for (std::size_t at = 0; at < header; ++at)
    for (const int bit : {0, 2, 4, 7}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      try {
        std::int64_t total = 0;
        for (const auto& [name, tensor] : parse(damaged).tensors) total += tensor.size();
        CHECK(total <= 14);  // F16 in place of F32 has twice the elements
      } catch (const ConfigError&) {
        ++refused;
      }
    }
  CHECK(refused > static_cast<int>(header) * 2);
}

TEST_CASE("what cannot be a safetensors file is not written", "[safetensors]") {
  const TemporaryFolder folder;
  const Tensor one = Tensor::ones({1});
  CHECK_THROWS_AS(write_safetensors(folder / "w", {{{"a", one}, {"a", one}}, {}}), ConfigError);
  CHECK_THROWS_AS(write_safetensors(folder / "w", {{{"__metadata__", one}}, {}}), ConfigError);
  CHECK_THROWS_AS(write_safetensors(folder / "w", {{{"\xff", one}}, {}}), ConfigError);
  CHECK_THROWS_AS(write_safetensors(folder / "w", {{{"a", Tensor()}}, {}}), ShapeError);
  CHECK(folder.entries() == 0);
  CHECK_THROWS_AS(read_safetensors(folder / "missing"), IoError);
}
