#include "fokker/core/io/hdf5.h"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numeric>
#include <thread>

#include "fokker/core/io/file.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;

namespace {

Tensor counting(const Shape& shape, Dtype dtype) {
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  std::iota(values.begin(), values.end(), 0.25);
  return Tensor::from(values, shape, dtype);
}

Hdf5File example() {
  Hdf5File file;
  file.set_attribute("/", "schema", std::string("sde-run"));
  file.set_attribute("/", "seed", std::int64_t{7});
  file.write("/samples/em/image", counting({5, 3, 2, 1}, Dtype::f32), {"sample", "y", "x", "channel"});
  file.write("/samples/em/seed_index", std::vector<std::int64_t>{0, 1, 2, 3, 4}, {5}, {"sample"});
  file.write("/curves/step", std::vector<std::int64_t>{1, 2, 3}, {3}, {"step"});
  file.write("/curves/loss", counting({3}, Dtype::f64), {"step"});
  file.write_text("/provenance/log", "line\nümlaut\n");
  return file;
}

template <class E>
std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing";
}

bool has(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every type of value comes back from the disk", "[hdf5]") {
  const TemporaryFolder folder;
  const Tensor f32 = Tensor::from({1.5, -0.0, INFINITY, 1e-45}, {2, 2}), f64 = counting({2, 3, 4}, Dtype::f64);
  const std::vector<std::int64_t> integers = {0, -1, std::numeric_limits<std::int64_t>::max(),
                                              std::numeric_limits<std::int64_t>::min()};
  const std::vector<std::uint8_t> bytes = {0, 1, 255};
  Hdf5File file;
  file.write("/f32", f32);
  file.write("/a/b/f64", f64);
  file.write("/i64", integers, {4});
  file.write("/u8", bytes, {3, 1});
  file.write("/scalar", Tensor::scalar(2.5));
  file.write("/none", Tensor::zeros({0, 4}));
  file.write_text("/empty", "");
  file.write_text("/long", std::string(200'000, 'x'));
  file.save(folder / "a.h5");

  const Hdf5File back = Hdf5File::open(folder / "a.h5");
  CHECK(back.read("/f32").to_vector() == f32.to_vector());
  CHECK(std::signbit(back.read("/f32").at(1)));
  CHECK(back.read("/a/b/f64", Dtype::f64).to_vector() == f64.to_vector());
  CHECK(back.shape("/a/b/f64") == Shape{2, 3, 4});
  CHECK(back.read_integers("/i64") == integers);
  CHECK(back.read_integers("/u8") == std::vector<std::int64_t>{0, 1, 255});
  CHECK(back.read("/u8").to_vector() == std::vector<double>{0, 1, 255});
  CHECK(back.read("/scalar").item() == 2.5);
  CHECK(back.shape("/none") == Shape{0, 4});
  CHECK(back.read("/none").size() == 0);
  CHECK(back.read_text("/empty").empty());
  CHECK(back.read_text("/long") == std::string(200'000, 'x'));
  CHECK(back.list("/") == std::vector<std::string>{"f32", "a", "i64", "u8", "scalar", "none", "empty", "long"});
}

TEST_CASE("attributes of every type, replaced, on groups and datasets", "[hdf5]") {
  const TemporaryFolder folder;
  Hdf5File file;
  file.write("/x", Tensor::ones({2}));
  file.set_attribute("/x", "steps", std::int64_t{1});
  file.set_attribute("/x", "steps", std::int64_t{-(std::int64_t{1} << 62)});
  file.set_attribute("/group/inner", "rate", 0.1);
  file.set_attribute("/group", "text", std::string("é\n"));
  file.set_attribute("/group", "empty", std::string());
  file.set_attribute("/", "range", std::vector<double>{0, 16});
  file.set_attribute("/", "nothing", std::vector<double>{});
  file.save(folder / "a.h5");
  const Hdf5File back = Hdf5File::open(folder / "a.h5");
  CHECK(std::get<std::int64_t>(back.attribute("/x", "steps")) == -(std::int64_t{1} << 62));
  CHECK(std::get<double>(back.attribute("/group/inner", "rate")) == 0.1);
  CHECK(std::get<std::string>(back.attribute("/group", "text")) == "é\n");
  CHECK(std::get<std::string>(back.attribute("/group", "empty")).empty());
  CHECK(std::get<std::vector<double>>(back.attribute("/", "range")) == std::vector<double>{0, 16});
  CHECK(std::get<std::vector<double>>(back.attribute("/", "nothing")).empty());
  CHECK(back.has_attribute("/x", "steps"));
  CHECK(!back.has_attribute("/x", "step"));
  CHECK(!back.has_attribute("/y", "steps"));
  CHECK(has(error_of<ConfigError>([&] { back.attribute("/x", "stepz"); }), "/x: has no attribute \"stepz\""));
}

TEST_CASE("the same content gives the same bytes, at another time and after opening", "[hdf5]") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5's times are in seconds
  const Hdf5File file = example();
  file.save(folder / "b.h5");
  file.save(folder / "c.h5");
  Hdf5File::open(folder / "a.h5").save(folder / "d.h5");
  const std::string first = sha256(read_file(folder / "a.h5"));
  for (const char* other : {"b.h5", "c.h5", "d.h5"}) CHECK(sha256(read_file(folder / other)) == first);
}

TEST_CASE("a file can be opened, extended and saved", "[hdf5]") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5");
  Hdf5File file = Hdf5File::open(folder / "a.h5");
  file.write("/samples/sra1/x", counting({2, 2}, Dtype::f32), {"sample", "component"});
  file.save(folder / "a.h5");
  const Hdf5File back = Hdf5File::open(folder / "a.h5");
  CHECK(back.list("/samples") == std::vector<std::string>{"em", "sra1"});
  CHECK(back.read("/samples/em/image").to_vector() == example().read("/samples/em/image").to_vector());
}

TEST_CASE("two open files are two files", "[hdf5]") {
  const TemporaryFolder folder;
  Hdf5File one, two;
  one.write("/x", Tensor::ones({1}));
  two.write("/y", Tensor::ones({1}));
  one.save(folder / "one.h5");
  two.save(folder / "two.h5");
  const Hdf5File a = Hdf5File::open(folder / "one.h5"), b = Hdf5File::open(folder / "two.h5");
  CHECK(a.contains("/x"));
  CHECK(!a.contains("/y"));
  CHECK(b.contains("/y"));
}

TEST_CASE("names of axes are scales, hidden where they have no coordinates", "[hdf5]") {
  Hdf5File file = example();
  CHECK(file.list("/samples/em") == std::vector<std::string>{"image", "seed_index"});
  CHECK(file.list("/curves") == std::vector<std::string>{"step", "loss"});
  CHECK(file.contains("/samples/em/channel"));
  CHECK(file.shape("/samples/em/y") == Shape{3});
  const Tensor four = Tensor::ones({4});
  CHECK(has(error_of<ShapeError>([&] { file.write("/curves/short", four, {"step"}); }), "has 4 values"));
  CHECK(has(error_of<ShapeError>([&] { file.write("/curves/two", four, {"a", "b"}); }), "a name for each axis"));
  CHECK(has(error_of<ConfigError>([&] { file.write("/samples/em/y", four, {"y"}); }), "exists already"));
}

TEST_CASE("h5dump reads what is written", "[hdf5]") {
  if (std::system("h5dump -V > /dev/null 2>&1") != 0) {
    WARN("h5dump is not installed: not checked");
    return;
  }
  const TemporaryFolder folder;
  example().save(folder / "a.h5");
  const auto command = fmt::format("h5dump {} > {}", (folder / "a.h5").string(), (folder / "dump").string());
  REQUIRE(std::system(command.c_str()) == 0);
  const std::string dump = read_text_file(folder / "dump");
  for (const char* part : {"DATASPACE  SIMPLE { ( 5, 3, 2, 1 )", "H5T_IEEE_F32LE", "DIMENSION_LIST", "sde-run",
                           "H5T_CSET_UTF8", "0.25, 1.25, 2.25"})
    CHECK(has(dump, part));
}

TEST_CASE("a file of another schema is an error that names file, dataset and what is there", "[hdf5]") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5");
  const Hdf5File file = Hdf5File::open(folder / "a.h5");
  const std::string name = (folder / "a.h5").string();
  CHECK(error_of<ConfigError>([&] { file.read("/curves/los"); }) ==
        "[hdf5] " + name + ": expected a dataset /curves/los; /curves holds: step, loss");
  CHECK(has(error_of<ConfigError>([&] { file.read("/no/such"); }), "that group does not exist"));
  CHECK(has(error_of<ConfigError>([&] { file.read("relative"); }), "expected a dataset relative"));
  CHECK(has(error_of<ConfigError>([&] { file.read("/curves"); }), "/curves: expected a dataset, got a group"));
  CHECK(has(error_of<ConfigError>([&] { file.list("/curves/loss"); }), "expected a group, got a dataset"));
  CHECK(has(error_of<ConfigError>([&] { file.read("/provenance/log"); }), "expected numbers, got text"));
  CHECK(has(error_of<ConfigError>([&] { file.read_integers("/curves/loss"); }), "expected integers, got floating"));
  CHECK(has(error_of<ConfigError>([&] { file.read_text("/curves/loss"); }), "expected one text, got floating"));
  CHECK(!file.contains("/curves/loss/x"));
  Hdf5File other;
  CHECK(has(error_of<ConfigError>([&] { other.write("x", Tensor::ones({1})); }), "expected a path like"));
  CHECK(has(error_of<ConfigError>([&] { other.write("/a//x", Tensor::ones({1})); }), "expected a path like"));
  CHECK(has(error_of<ConfigError>([&] { other.write_text("/t", std::string_view("a\0b", 3)); }), "zero byte"));
  CHECK(has(error_of<ShapeError>([&] { other.write("/i", std::vector<std::int64_t>{1}, {2}); }), "expected 2 values"));
  other.write("/x", Tensor::ones({1}));
  CHECK(has(error_of<ConfigError>([&] { other.write("/x/y", Tensor::ones({1})); }), "expected a group"));
}

TEST_CASE("damaged files are refused, cut at any length", "[hdf5]") {
  const TemporaryFolder folder;
  example().save(folder / "a.h5");
  const auto bytes = read_file(folder / "a.h5");
  const auto values = example().read("/samples/em/image").to_vector();
  int refused = 0, tried = 0;
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 200) {
    write_file_atomically(folder / "cut.h5", std::span(bytes).first(size));
    ++tried;
    try {
      const Hdf5File file = Hdf5File::open(folder / "cut.h5");
      CHECK(file.read("/samples/em/image").to_vector() == values);
    } catch (const ConfigError&) {
      ++refused;
    }
  }
  CHECK(refused == tried);
  CHECK_THROWS_AS(Hdf5File::open(folder / "missing.h5"), IoError);
  CHECK_THROWS_AS(Hdf5File::open(folder.path()), IoError);
}

TEST_CASE("results that cannot be saved keep the older file", "[hdf5]") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(example().save(folder / "no/such/folder.h5"), IoError);
  CHECK(folder.entries() == 0);
}
