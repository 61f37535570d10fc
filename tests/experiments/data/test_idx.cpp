#include "fokker/experiments/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "fokker/core/io/file.h"
#include "fokker/experiments/data/prepare.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
namespace fs = std::filesystem;

namespace {

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string file(int type, const std::vector<std::uint32_t>& extents, const std::string& data) {
  std::string bytes = {'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents) bytes += big_endian(extent, 4);
  return bytes + data;
}

Tensor parse(const std::string& bytes, Dtype dtype = Dtype::f64) {
  return parse_idx(std::as_bytes(std::span(bytes)), "a.idx", dtype);
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

std::string gzip(const std::string& bytes) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(bytes.size() + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

/// MNIST's test part in the folder of FOKKER_DATA, or beside the repository; empty where there is none.
fs::path mnist(const std::string& name) {
  std::vector<fs::path> folders = {fs::path(__FILE__).parent_path() / "../../../shared/data"};
  if (const char* folder = std::getenv("FOKKER_DATA")) folders.insert(folders.begin(), folder);
  for (const fs::path& folder : folders)
    for (const char* end : {"", ".gz"})
      for (const char* sub : {"mnist", "."})
        if (fs::exists(folder / sub / (name + end))) return folder / sub / (name + end);
  return {};
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("every type of IDX file, big-endian", "[idx]") {
  const auto real = [](double value) { return big_endian(std::bit_cast<std::uint64_t>(value), 8); };
  const auto single = [](float value) { return big_endian(std::bit_cast<std::uint32_t>(value), 4); };
  CHECK(parse(file(0x08, {2, 1, 2}, std::string("\x00\x01\xfe\xff", 4))).to_vector() == Values{0, 1, 254, 255});
  CHECK(parse(file(0x09, {2}, "\x80\x7f")).to_vector() == Values{-128, 127});
  CHECK(parse(file(0x0b, {2}, std::string("\xff\xfe\x01\x00", 4))).to_vector() == Values{-2, 256});
  CHECK(parse(file(0x0c, {1}, "\xff\xff\xff\xfd")).to_vector() == Values{-3});
  CHECK(parse(file(0x0d, {2}, single(0.1f) + single(-2))).to_vector() == Values{static_cast<double>(0.1f), -2});
  CHECK(parse(file(0x0e, {1}, real(0.1))).to_vector() == Values{0.1});
  CHECK(parse(file(0x08, {2, 1, 2}, "abcd")).shape() == Shape{2, 1, 2});
  CHECK(parse(file(0x08, {0, 28, 28}, "")).shape() == Shape{0, 28, 28});
  CHECK(parse(file(0x08, {1}, "a"), Dtype::f32).dtype() == Dtype::f32);
}

TEST_CASE("a bad IDX header is refused with the reason", "[idx]") {
  const std::pair<std::string, const char*> cases[] = {
      {"", "a header of at least 8 bytes, the file has 0"},
      {std::string("\x01\x00\x08\x01", 4) + big_endian(1, 4) + "a", "begins with 00 00 and one of"},
      {file(0x0a, {1}, "a"), "got 00 00 0a"},
      {"\x89PNG....", "got 89 50 4e"},
      {file(0x08, {}, ""), "expected 1 to 6 axes, got 0"},
      {file(0x08, {1, 1, 1, 1, 1, 1, 1}, "a"), "expected 1 to 6 axes, got 7"},
      {file(0x08, {3}, "ab"), "expected 3 values of 1 bytes after the header, the file has 2 bytes; it is truncated"},
      {file(0x08, {2, 2}, "abc"), "expected 2 × 2 values"},
      {file(0x08, {1}, "ab"), "it is longer than its header says"},
      {file(0x0c, {1}, "ab"), "expected 1 values of 4 bytes"},
      {file(0x08, {0xffffffff, 0xffffffff, 0xffffffff}, "a"), "it is truncated"},
      {file(0x0e, {0x80000000, 0x40000000, 4}, ""), "it is truncated"},
  };
  for (const auto& [bytes, message] : cases) {
    const std::string text = error_of(bytes);
    INFO(text << " should say " << message);
    CHECK(text.starts_with("[idx] a.idx: "));
    CHECK(text.find(message) != std::string::npos);
  }
}

TEST_CASE("an IDX file cut anywhere is refused", "[idx]") {
  const std::string bytes = file(0x08, {3, 2, 2}, "abcdefghijkl");
  CHECK_NOTHROW(parse(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(parse(bytes.substr(0, size)), ConfigError);
  }
}

TEST_CASE("gzipped IDX files are unpacked, damaged ones refused", "[idx]") {
  const std::string plain = file(0x08, {1000}, std::string(1000, 'x')), packed = gzip(plain);
  CHECK(parse(packed).to_vector() == Values(1000, 120));
  const std::string half_way = gzip(plain.substr(0, 500)) + gzip(plain.substr(500));
  CHECK(parse(half_way).to_vector() == Values(1000, 120));  // two members
  for (std::size_t size = 2; size < packed.size(); ++size) CHECK_THROWS_AS(parse(packed.substr(0, size)), ConfigError);
  std::string flipped = packed;
  flipped[packed.size() - 6] = static_cast<char>(flipped[packed.size() - 6] ^ 1);  // in the checksum
  CHECK(error_of(flipped).find("damaged") != std::string::npos);
  CHECK(error_of(gzip(packed)).find("another gzip file") != std::string::npos);
}

TEST_CASE("MNIST's test images and labels", "[idx]") {
  const fs::path images = mnist("t10k-images-idx3-ubyte"), labels = mnist("t10k-labels-idx1-ubyte");
  if (images.empty() || labels.empty()) {
    WARN("MNIST is not here: set FOKKER_DATA to the folder with t10k-images-idx3-ubyte to check it");
    return;
  }
  const Tensor x = read_idx(images), y = read_idx(labels);
  CHECK(x.shape() == Shape{10'000, 28, 28});
  REQUIRE(y.shape() == Shape{10'000});
  double sum = 0;
  for (const float value : x.data<float>()) sum += value;
  CHECK(sum / static_cast<double>(x.size()) == Approx(33.7912).margin(1e-4));  // the known mean, .1325 · 255
  const std::vector<double> first = y.rows(0, 10).to_vector();
  CHECK(first == Values{7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
}

TEST_CASE("a tenth of MNIST's test images held out: 9,000 and 1,000, the same share of every digit", "[idx]") {
  const fs::path images = mnist("t10k-images-idx3-ubyte"), labels = mnist("t10k-labels-idx1-ubyte");
  if (images.empty() || labels.empty()) {
    WARN("MNIST is not here: set FOKKER_DATA to the folder with t10k-images-idx3-ubyte to check it");
    return;
  }
  const Prepared data =
      prepare({.source = "idx:" + images.string() + "," + labels.string(), .held_out = 0.1}, std::uint64_t{0});
  CHECK(data.training.x.shape() == Shape{9000, 28, 28, 1});
  CHECK(data.held_out.size() == 1000);
  const double all[] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};  // of the ten thousand
  for (std::int64_t digit = 0; digit < 10; ++digit)
    CHECK(std::abs(static_cast<double>(std::ranges::count(data.held_out.labels, digit)) - all[digit] / 10) < 1);
  CHECK(data.training.range.low == -1);
  CHECK(data.training.range.high == 1);
}
