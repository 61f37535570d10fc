// Readers of data against mutated files: each is read or refused by an error of the library, within 5 s.
#include <zlib.h>

#include <fstream>

#include "fokker/core/io/file.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/data/idx.h"
#include "fokker/experiments/data/npy.h"
#include "fokker/experiments/data/registry.h"
#include "tests/support/folder.h"
#include "tests/support/mutants.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

constexpr int few = 1000, many = 100'000;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Images [4, 3, 2] of bytes.
std::vector<std::byte> idx_file() {
  std::string text("\0\0\x08\x03\0\0\0\x04\0\0\0\x03\0\0\0\x02", 16);
  for (int i = 0; i < 24; ++i) text += static_cast<char>(10 * i);
  return bytes_of(text);
}

std::vector<std::byte> gzipped(const std::vector<std::byte>& bytes) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<std::byte> out(bytes.size() + 1000);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

void mutate_idx(int count) {
  const auto read = [](const auto& bytes) { parse_idx(bytes, "a.idx"); };
  read_mutants(idx_file(), count, 1, read);
  read_mutants(gzipped(idx_file()), count, 2, read);
}

void mutate_npy(int count) {
  std::string text("\x93NUMPY\x01\x00\x76\x00", 10);
  std::string header = "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 4), }";
  header.resize(117, ' ');
  read_mutants(bytes_of(text + header + "\n" + std::string(96, '\x40')), count, 3,
               [](const auto& bytes) { parse_npy(bytes, "a.npy"); });
}

void mutate_csv(int count) {
  const TemporaryFolder folder;
  constexpr std::string_view table =
      "age,\"height, cm\",colour,kind\n31,1.5,red,1\nNA,180,\"green \"\"dark\"\"\",2\n"
      "27,-1e3,null,1\n\n55,inf,red,2\n";
  read_mutants(bytes_of(table), count, 4, [&](const auto& bytes) {
    std::ofstream(folder / "a.csv").write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    const Dataset data = load_dataset("csv:" + (folder / "a.csv").string(), {.allow_missing = true});
    CHECK(std::ssize(data.labels) == data.size());
  });
}

}  // namespace

TEST_CASE("mutated IDX files are read or refused", "[mutants]") { mutate_idx(few); }
TEST_CASE("mutated NumPy files are read or refused", "[mutants]") { mutate_npy(few); }
TEST_CASE("mutated tables are read or refused", "[mutants]") { mutate_csv(few); }
TEST_CASE("a hundred thousand mutants of each reader of data", "[mutants][nightly]") {
  mutate_idx(many);
  mutate_npy(many);
  mutate_csv(many);
}

TEST_CASE("a gzip file that unpacks to far more than it is is refused", "[mutants]") {
  const std::size_t size = std::size_t{300} << 20;
  std::vector<std::byte> zeros(size);
  const std::string head("\0\0\x08\x01\x12\xC0\0\0", 8);
  std::ranges::copy(bytes_of(head), zeros.begin());
  const auto bomb = gzipped(zeros);
  REQUIRE(bomb.size() < 400'000);
  CHECK_THROWS_WITH(parse_idx(bomb, "a.gz"), Contains("unpack to more than 268.4 MB"));
}

TEST_CASE("labels of a file have one axis, one for each sample, and are whole numbers from 0", "[mutants]") {
  const TemporaryFolder folder;
  const auto load = [&](std::string_view labels) {
    write_file_atomically(folder / "x.idx", idx_file());
    write_file_atomically(folder / "y.idx", labels);
    return load_dataset("idx:" + (folder / "x.idx").string() + "," + (folder / "y.idx").string());
  };
  CHECK(load({"\0\0\x08\x01\0\0\0\x04\0\1\2\3", 12}).labels == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK_THROWS_WITH(load({"\0\0\x08\x01\0\0\0\x03\0\1\2", 11}), Contains("expected 4 labels, one a sample, got 3"));
  CHECK_THROWS_WITH(load({"\0\0\x08\x02\0\0\0\x02\0\0\0\x02\0\1\2\3", 16}), Contains("expected one label a sample"));
  CHECK_THROWS_WITH(load({"\0\0\x09\x01\0\0\0\x04\0\1\2\xff", 12}), Contains("expected labels 0, 1, 2, …, got -1"));
  CHECK_THROWS_WITH(load({"\0\0\x0c\x01\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0", 24}), Contains("got 65536"));
  CHECK_THROWS_WITH(load({"\0\0\x0d\x01\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\x3f\0\0\0", 24}), Contains("got 0.5"));
}
