#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <utility>

#include "fokker/core/io/file.h"
#include "fokker/core/io/hdf5.h"
#include "fokker/experiments/data/dataset.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/shipped.h"
#include "tests/support/catch.h"

using namespace fokker;
namespace fs = std::filesystem;

namespace {

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "fokker-dataset-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// An IDX file of bytes.
std::string idx(std::initializer_list<int> extents, const std::string& values) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(extents.size())};
  for (const int extent : extents) bytes += {'\0', '\0', static_cast<char>(extent >> 8), static_cast<char>(extent)};
  return bytes + values;
}

/// A NumPy file of f4.
std::string npy(const std::string& shape, const std::vector<float>& values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(117, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  return bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string message(const std::string& source) {
  try {
    load_dataset(source);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the shipped digits are all there") {
  const Dataset data = load_dataset("digits");
  CHECK(data.x.shape() == Shape{1797, 8, 8, 1});
  CHECK(data.images());
  CHECK(data.classes() == 10);
  std::vector<int> count(10);
  for (const auto label : data.labels) ++count[label];
  CHECK(count == std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
  const auto values = std::as_const(data.x).data<float>();
  CHECK(std::accumulate(values.begin(), values.end(), 0.0) == 561718);
  CHECK(data.x.rows(0, 1).to_vector()[2] == 5);  // the first row of the first image is 0 0 5 13 9 1 0 0
  CHECK(data.x.rows(0, 1).to_vector()[3] == 13);
  CHECK(data.labels[0] == 0);
  CHECK(data.range.low == 0);
  CHECK(data.range.high == 16);
  CHECK_THAT(data.source, Catch::Contains("UCI") && Catch::Contains("CC BY 4.0"));
  CHECK(data.sha256 == sha256(read_file(shipped_data("digits.h5"))));
}

TEST_CASE("the shipped table of tumours is that of the source") {
  const Dataset data = load_dataset("breast_cancer");
  REQUIRE(data.x.shape() == Shape{569, 30});
  CHECK(std::ranges::count(data.labels, 0) == 357);  // benign
  CHECK(std::ranges::count(data.labels, 1) == 212);  // malignant
  REQUIRE(data.features.size() == 30);
  CHECK(data.features[0] == "mean radius");
  CHECK(data.features[29] == "worst fractal dimension");
  // The record of patient 842302, as published; malignant.
  CHECK(data.labels[0] == 1);
  const double first[] = {17.99, 10.38, 122.8, 1001, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871};
  for (int k = 0; k < 10; ++k) CHECK(data.x.at(k) == Approx(first[k]).epsilon(1e-7));
  const auto mean = [&](int feature) {
    double sum = 0;
    for (std::int64_t i = 0; i < 569; ++i) sum += data.x.at(30 * i + feature);
    return sum / 569;
  };
  CHECK(mean(0) == Approx(14.127292).epsilon(1e-7));
  CHECK(mean(3) == Approx(654.889104).epsilon(1e-7));
  CHECK_THAT(data.source, Catch::Contains("UCI") && Catch::Contains("CC BY 4.0"));
  CHECK(data.sha256 == sha256(read_file(shipped_data("breast_cancer.h5"))));
  CHECK(load_dataset("breast_cancer", {.n = 5}).features.size() == 30);
}

TEST_CASE("MNIST is looked for in FOKKER_DATA, and else the message says where and what to do") {
  const Folder folder;
  setenv("FOKKER_DATA", folder.path().c_str(), 1);
  const fs::path before = fs::current_path();
  fs::create_directories(folder / "work");
  fs::current_path(folder / "work");
  CHECK_THAT(message("mnist"), Catch::Contains((folder / "mnist").string()) && Catch::Contains("data/mnist") &&
                                   Catch::Contains("../shared/data/mnist") && Catch::Contains("FOKKER_DATA") &&
                                   Catch::Contains("idx:FOLDER"));
  CHECK_THROWS_AS(load_dataset("mnist"), IoError);
  fs::create_directories(folder / "shared/data/mnist");
  write_bytes(folder / "shared/data/mnist/t10k-images-idx3-ubyte", idx({1, 1, 2}, "\x01\x02"));
  CHECK(load_dataset("mnist").x.to_vector() == std::vector<double>{1, 2});
  fs::create_directories("data/mnist");
  write_bytes("data/mnist/train-images-idx3-ubyte", idx({1, 1, 2}, "\x03\x04"));
  CHECK(load_dataset("mnist").x.to_vector() == std::vector<double>{3, 4});
  fs::create_directories(folder / "mnist");
  write_bytes(folder / "mnist/train-images-idx3-ubyte", idx({1, 1, 2}, "\x05\x06"));
  CHECK(load_dataset("mnist").x.to_vector() == std::vector<double>{5, 6});
  CHECK(load_dataset("mnist").name == "mnist");
  fs::current_path(before);
  unsetenv("FOKKER_DATA");
}

TEST_CASE("every registered data set without an argument loads as many samples as asked for") {
  const Folder folder;  // with an MNIST of its own
  fs::create_directories(folder / "mnist");
  write_bytes(folder / "mnist/train-images-idx3-ubyte", idx({9, 1, 1}, "\x01\x02\x03\x04\x05\x06\x07\x08\x09"));
  setenv("FOKKER_DATA", folder.path().c_str(), 1);
  for (const auto& entry : dataset_entries()) {
    INFO(entry.name);
    CHECK(std::string(entry.description).size() > 10);
    if (*entry.argument) continue;
    const Dataset data = load_dataset(entry.name, {.n = 7, .seed = 1});
    CHECK(data.size() == 7);
    CHECK(data.name == entry.name);
    CHECK(data.sha256.size() == 64);
    CHECK_FALSE(data.source.empty());
    CHECK((data.labels.empty() || data.labels.size() == 7));
    CHECK(data.range.low < data.range.high);
  }
  unsetenv("FOKKER_DATA");
  CHECK(load_dataset("two_moons").size() == 10'000);
}

TEST_CASE("FOKKER_DATA comes before the source tree") {
  const Folder folder;
  Hdf5File file;
  file.write("/image", Tensor::ones({3, 2, 2, 1}));
  file.set_attribute("/image", "value_range", Attribute(std::vector<double>{0, 2}));
  file.save(folder / "digits.h5");
  setenv("FOKKER_DATA", folder.path().c_str(), 1);
  CHECK(load_dataset("digits").size() == 3);
  CHECK_THROWS_AS(shipped_data("none.h5"), IoError);
  CHECK_THROWS_WITH(shipped_data("none.h5"), Catch::Contains(folder.path().string()) && Catch::Contains("FOKKER_DATA"));
  unsetenv("FOKKER_DATA");
  CHECK(load_dataset("digits").size() == 1797);
}

TEST_CASE("IDX images with and without labels, by name and by folder") {
  const Folder folder;
  write_bytes(folder / "train-images-idx3-ubyte",
              idx({3, 2, 2}, std::string("\0\x01\x02\x03\xff\0\0\0\0\0\0\x07", 12)));
  write_bytes(folder / "train-labels-idx1-ubyte", idx({3}, std::string("\x02\x00\x01", 3)));
  const std::string images = (folder / "train-images-idx3-ubyte").string();
  for (const auto& source : {images + "," + (folder / "train-labels-idx1-ubyte").string(), folder.path().string()}) {
    const Dataset data = load_dataset("idx:" + source);
    CHECK(data.x.shape() == Shape{3, 2, 2, 1});
    CHECK(data.x.to_vector() == std::vector<double>{0, 1, 2, 3, 255, 0, 0, 0, 0, 0, 0, 7});
    CHECK(data.labels == std::vector<std::int64_t>{2, 0, 1});
    CHECK(data.range.high == 255);
  }
  const Dataset first = load_dataset("idx:" + images, {.n = 2});
  CHECK(first.size() == 2);
  CHECK(first.labels.empty());
  write_bytes(folder / "two", idx({2}, std::string("\x02\x00", 2)));
  CHECK_THAT(message("idx:" + images + "," + (folder / "two").string()), Catch::Contains("expected 3 labels"));
  // Two images of 1 × 2 pixels with the values 9, 8, 7, 6, by gzip.
  const Folder packed;
  write_bytes(packed / "t10k-images-idx3-ubyte.gz",
              std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\x60\xe0\x60\x66\x60\x60\x60\x02\x62\x46\x10\xcd"
                          "\xc9\xc1\xce\x06\x00\xad\xb1\xc0\x93\x14\x00\x00\x00",
                          36));
  CHECK(load_dataset("idx:" + packed.path().string()).x.to_vector() == std::vector<double>{9, 8, 7, 6});
  const Folder empty;
  CHECK_THROWS_AS(load_dataset("idx:" + empty.path().string()), IoError);
  CHECK_THROWS_AS(load_dataset("idx:" + (empty / "none").string()), IoError);
}

TEST_CASE("NumPy arrays of points and of grey images") {
  const Folder folder;
  write_bytes(folder / "points.npy", npy("3, 2", {1, 2, 3, -4, 5, 6}));
  const Dataset points = load_dataset("npy:" + (folder / "points.npy").string());
  CHECK(points.x.shape() == Shape{3, 2});
  CHECK(points.range.low == -4);
  CHECK(points.range.high == 6);
  CHECK_FALSE(points.images());
  write_bytes(folder / "grey.npy", npy("1, 2, 3", {1, 2, 3, 4, 5, 6}));
  CHECK(load_dataset("npy:" + (folder / "grey.npy").string()).x.shape() == Shape{1, 2, 3, 1});
  write_bytes(folder / "line.npy", npy("4,", {1, 2, 3, 4}));
  CHECK(load_dataset("npy:" + (folder / "line.npy").string()).x.shape() == Shape{4, 1});
  write_bytes(folder / "nan.npy", npy("3, 2", {1, 2, 3, 4, NAN, 6}));
  CHECK_THAT(message("npy:" + (folder / "nan.npy").string()), Catch::Contains("finite") && Catch::Contains("sample 2"));
  write_bytes(folder / "deep.npy", npy("1, 1, 1, 1, 2", {1, 2}));
  CHECK_THAT(message("npy:" + (folder / "deep.npy").string()), Catch::Contains("height, width, channels"));
  CHECK_THROWS_AS(load_dataset("npy:" + (folder / "none.npy").string()), IoError);
}

TEST_CASE("HDF5 datasets with labels beside them") {
  const Folder folder;
  const std::string path = (folder / "data.h5").string();
  Hdf5File file;
  file.write("/set/x", Tensor::from({1, 2, 3, 4}, {2, 2}));
  const std::vector<std::int64_t> labels{1, 0};
  file.write("/set/label", std::span<const std::int64_t>(labels), {2});
  file.write("/bad/x", Tensor::from({1, 2, 3, 4}, {2, 2}));
  file.write("/bad/label", Tensor::from({0.5, 1}, {2}));
  file.set_attribute("/set/x", "features", Attribute("age\nsize"));
  file.write("/few/x", Tensor::from({1, 2, 3, 4}, {2, 2}));
  file.set_attribute("/few/x", "features", Attribute("age"));
  file.save(path);
  for (const char* name : {"#set/x", "#/set/x"}) {
    const Dataset data = load_dataset("hdf5:" + path + name);
    CHECK(data.x.to_vector() == std::vector<double>{1, 2, 3, 4});
    CHECK(data.labels == labels);
    CHECK(data.range.high == 4);
    CHECK(data.features == std::vector<std::string>{"age", "size"});
  }
  CHECK_THAT(message("hdf5:" + path + "#few/x"), Catch::Contains("one a line"));
  CHECK_THAT(message("hdf5:" + path), Catch::Contains("hdf5:PATH#dataset"));
  CHECK_THAT(message("hdf5:" + path + "#"), Catch::Contains("hdf5:PATH#dataset"));
  CHECK_THAT(message("hdf5:" + path + "#set/y"), Catch::Contains("set/y"));
  CHECK_THAT(message("hdf5:" + path + "#bad/x"), Catch::Contains("expected labels"));
  CHECK_THROWS_AS(load_dataset("hdf5:" + path + "#set/y"), ConfigError);
  CHECK_THROWS_AS(load_dataset("hdf5:" + (folder / "none.h5").string() + "#x"), IoError);
}

TEST_CASE("unknown names are answered with the nearest ones") {
  CHECK_THAT(message("digit"), Catch::Contains("did you mean \"digits\""));
  CHECK_THAT(message("two_moon"), Catch::Contains("did you mean \"two_moons\""));
  CHECK_THAT(message("xyzzyxyzzy"),
             Catch::Contains("expected one of digits, mnist, idx") && !Catch::Contains("did you mean"));
  CHECK_THAT(message("npy"), Catch::Contains("npy:PATH"));
  CHECK_THAT(message("digits:3"), Catch::Contains("expected \"digits\""));
  CHECK_THROWS_AS(load_dataset("digit"), ConfigError);
  CHECK_THROWS_AS(load_dataset("digits", {.n = -1}), ConfigError);
}

TEST_CASE("a subset takes rows in the given order, with labels and targets") {
  const Dataset data{
      .x = Tensor::from({1, 2, 3, 4, 5, 6}, {3, 2}), .labels = {7, 8, 9}, .target = Tensor::from({10, 20, 30}, {3, 1})};
  const std::vector<std::int64_t> rows{2, 0, 2};
  const Dataset part = subset(data, rows);
  CHECK(part.x.to_vector() == std::vector<double>{5, 6, 1, 2, 5, 6});
  CHECK(part.labels == std::vector<std::int64_t>{9, 7, 9});
  CHECK(part.target.to_vector() == std::vector<double>{30, 10, 30});
  CHECK(subset(data, {}).x.shape() == Shape{0, 2});
  CHECK_THROWS_AS(subset(data, std::vector<std::int64_t>{3}), ShapeError);
}
