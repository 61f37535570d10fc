#include "fokker/core/io/hdf5_foreign.h"

#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

#include "fokker/core/io/file.h"
#include "fokker/core/io/limited_child.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/support/mutants.h"

using namespace fokker;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

std::vector<std::byte> image_of(const Hdf5File& file, const TemporaryFolder& folder) {
  file.save(folder / "image.h5");
  return read_file(folder / "image.h5");
}

Hdf5File example() {
  Hdf5File file;
  file.set_attribute("/", "source", std::string("a test"));
  file.write("/image", Tensor::ones({20, 4, 4, 1}), {"sample", "y", "x", "channel"});
  file.set_attribute("/image", "value_range", std::vector<double>{0, 16});
  file.write("/label", std::vector<std::int64_t>(20, 3), {20}, {"sample"});
  file.write_text("/group/deep/text", "words");
  return file;
}

Hdf5Content read_image(const Hdf5File& file) {
  Hdf5Content content;
  content.tensors["x"] = file.read("/image");
  content.tensors["label"] = file.read("/label", Dtype::f64);
  content.attributes["source"] = file.attribute("/", "source");
  content.attributes["range"] = file.attribute("/image", "value_range");
  return content;
}

/// A file that HDF5's own interface makes.
std::vector<std::byte> made(const fs::path& path, const std::function<void(hid_t)>& make) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  make(file);
  H5Fclose(file);
  return read_file(path);
}

/// A dataset of bytes "/x" with the extents; `prepare` changes its creation list.
void make_bytes(hid_t file, const std::vector<hsize_t>& extents, const std::function<void(hid_t)>& prepare) {
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
  prepare(list);
  const hid_t data = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
  H5Dclose(data);
  H5Pclose(list);
  H5Sclose(space);
}

Hdf5Content read_x(const Hdf5File& file) { return {.tensors = {{"x", file.read("/x")}}, .attributes = {}}; }

/// Runs `f` in a child of its own; its exit code, or 128 + the signal that ended it.
template <class F>
int in_child(F&& f) {
  const pid_t child = hdf5_fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(f());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a child process gives back what it reads", "[hdf5]") {
  const TemporaryFolder folder;
  const auto bytes = image_of(example(), folder);
  const Hdf5Content content = read_foreign(bytes, "a.h5", read_image);
  CHECK(content.tensors.at("x").shape() == Shape{20, 4, 4, 1});
  CHECK(content.tensors.at("x").to_vector() == std::vector<double>(320, 1));
  CHECK(content.tensors.at("label").dtype() == Dtype::f64);
  CHECK(content.tensors.at("label").at(7) == 3);
  CHECK(std::get<std::string>(content.attributes.at("source")) == "a test");
  CHECK(std::get<std::vector<double>>(content.attributes.at("range")) == std::vector<double>{0, 16});
  const auto missing = [](const Hdf5File& file) { return Hdf5Content{.tensors = {{"x", file.read("/z")}}}; };
  CHECK_THROWS_AS(read_foreign(bytes, "a.h5", missing), ConfigError);
  CHECK_THROWS_WITH(read_foreign(bytes, "a.h5", missing), Contains("a.h5: expected a dataset /z; / holds: image"));
  const auto rows = [](const Hdf5File& file) {
    return Hdf5Content{.tensors = {{"x", file.read("/image", Dtype::f32, 3)}}};
  };
  CHECK(read_foreign(bytes, "a.h5", rows).tensors.at("x").shape() == Shape{3, 4, 4, 1});
  CHECK_NOTHROW(check_foreign(bytes, "a.h5"));
}

TEST_CASE("a child that crashes, hangs, takes memory or opens files is an error with the file's name", "[hdf5]") {
  const ChildLimits limits{std::uint64_t{1} << 28, 0.5};
  const auto run = [&](const std::function<void()>& f) {
    run_limited("[hdf5] bad.h5", limits, &hdf5_fork, [&] {
      f();
      return std::vector<std::byte>(3);
    });
  };
  CHECK_NOTHROW(run([] {}));
  CHECK_THROWS_AS(run([] { std::raise(SIGSEGV); }), IoError);
  CHECK_THROWS_WITH(run([] { std::raise(SIGSEGV); }),
                    Contains("bad.h5: the process that reads it was ended by signal 11"));
  CHECK_THROWS_WITH(run([] { std::raise(SIGBUS); }), Contains("signal 7"));
  CHECK_THROWS_WITH(run([] { std::abort(); }), Contains("signal 6"));
  CHECK_THROWS_WITH(run([] { ::_exit(0); }), Contains("without an answer"));
  CHECK_THROWS_WITH(run([] { std::this_thread::sleep_for(std::chrono::seconds(60)); }),
                    Contains("ran out of its time"));
  CHECK_THROWS_WITH(run([] {
                      volatile std::uint64_t n = 0;
                      while (true) n = n + 1;
                    }),
                    Contains("ran out of its time"));
#ifndef __SANITIZE_ADDRESS__
  CHECK_THROWS_WITH(run([] { std::vector<char>(std::size_t{1} << 29, 'x').at(9) = 'y'; }), Contains("needs more than"));
#endif
  CHECK_THROWS_AS(run([] { read_file("/etc/hostname"); }), IoError);
  CHECK_THROWS_AS(run([] { throw ShapeError("x"); }), ShapeError);
  CHECK_THROWS_WITH(run([] { throw std::runtime_error("unheard of"); }),
                    Contains("bad.h5: cannot be read: unheard of"));
}

TEST_CASE("files that refer to other files do not open them", "[hdf5]") {
  const TemporaryFolder folder;
  std::ofstream(folder / "secret") << std::string(64, 's');
  made(folder / "other.h5", [](hid_t file) { make_bytes(file, {4}, [](hid_t) {}); });
  const std::string secret = folder / "secret", other = folder / "other.h5";

  const auto external = made(folder / "a.h5", [&](hid_t file) {
    make_bytes(file, {64}, [&](hid_t list) { H5Pset_external(list, secret.c_str(), 0, 64); });
  });
  CHECK_THROWS_WITH(read_foreign(external, "a.h5", read_x), Contains("a reference to another file"));
  const auto virtual_set = made(folder / "b.h5", [&](hid_t file) {
    make_bytes(file, {4}, [&](hid_t list) {
      const hsize_t four = 4;
      const hid_t space = H5Screate_simple(1, &four, nullptr);
      H5Pset_virtual(list, space, other.c_str(), "x", space);
      H5Sclose(space);
    });
  });
  CHECK_THROWS_WITH(read_foreign(virtual_set, "b.h5", read_x), Contains("a reference to another file"));
  const auto link = made(folder / "c.h5", [&](hid_t file) {
    H5Lcreate_external(other.c_str(), "x", file, "x", H5P_DEFAULT, H5P_DEFAULT);
  });
  CHECK_THROWS_WITH(read_foreign(link, "c.h5", read_x), Contains("expected a dataset /x"));
  const auto loop = made(folder / "d.h5", [&](hid_t file) {
    H5Lcreate_soft("/x", file, "x", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", file, "self", H5P_DEFAULT, H5P_DEFAULT);
  });
  CHECK_THROWS_WITH(read_foreign(loop, "d.h5", read_x), Contains("expected a dataset /x"));
  CHECK_THROWS_WITH(check_foreign(loop, "d.h5"), Contains("32 deep"));
  for (const char* name : {"a.h5", "b.h5", "c.h5"}) {  // results are listed without following either
    const Hdf5File file = Hdf5File::open(folder / name);
    CHECK_THROWS_AS(file.read("/x"), ConfigError);
  }
  CHECK(Hdf5File::open(folder / "c.h5").list("/").empty());
}

TEST_CASE("declared sizes are compared with the file before memory is asked for", "[hdf5]") {
  const TemporaryFolder folder;
  const auto chunked = [](std::vector<hsize_t> chunk, bool deflate) {
    return [chunk, deflate](hid_t list) {
      H5Pset_chunk(list, static_cast<int>(chunk.size()), chunk.data());
      if (deflate) H5Pset_deflate(list, 9);
    };
  };
  const auto huge = made(folder / "a.h5", [&](hid_t file) {
    make_bytes(file, {hsize_t{1} << 33, hsize_t{1} << 33}, chunked({1024, 1024}, false));
  });
  CHECK_THROWS_AS(read_foreign(huge, "a.h5", read_x), ShapeError);
  const auto bomb = made(folder / "b.h5", [&](hid_t file) {  // 128 MiB of zeros as some 130 kB
    const hsize_t size = hsize_t{1} << 27;
    make_bytes(file, {size}, chunked({hsize_t{1} << 20}, true));
    const hid_t data = H5Dopen2(file, "x", H5P_DEFAULT);
    const std::vector<std::uint8_t> zeros(size);
    H5Dwrite(data, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
    H5Dclose(data);
  });
  REQUIRE(bomb.size() < 1'000'000);
  CHECK_THROWS_WITH(read_foreign(bomb, "b.h5", read_x), Contains("packed too well"));
  // The first rows alone are no bomb.
  const auto rows = [](const Hdf5File& file) {
    return Hdf5Content{.tensors = {{"x", file.read("/x", Dtype::f32, 10)}}};
  };
  CHECK(read_foreign(bomb, "b.h5", rows).tensors.at("x").shape() == Shape{10});
  const auto filter = made(folder / "c.h5", [&](hid_t file) {
    make_bytes(file, {8}, [&](hid_t list) {
      chunked({8}, false)(list);
      H5Pset_filter(list, 32004, H5Z_FLAG_OPTIONAL, 0, nullptr);  // LZ4, of a plugin
    });
  });
  CHECK_THROWS_WITH(read_foreign(filter, "c.h5", read_x), Contains("h5repack"));
}

namespace {

/// Seconds of CPU time of this process and the children that have ended, which other work on the machine leaves alone.
double processor_seconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage use{};
    ::getrusage(who, &use);
    for (const timeval& time : {use.ru_utime, use.ru_stime})
      total += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }
  return total;
}

/// Flips bits of an example; returns how many ended the child.
int read_flipped(int count, std::uint64_t seed) {
  const TemporaryFolder folder;
  const auto bytes = image_of(example(), folder);
  std::mt19937_64 random(seed);
  int deaths = 0, refused = 0;
  double slowest = 0;
  for (int i = 0; i < count; ++i) {
    auto changed = bytes;
    const std::size_t bit = random() % (8 * bytes.size());
    changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    const double start = processor_seconds();
    try {
      read_foreign(changed, "flipped.h5", read_image);
    } catch (const IoError& error) {
      deaths += std::string_view(error.what()).find("the process that reads it") != std::string_view::npos;
    } catch (const Error&) {
      ++refused;
    }
    slowest = std::max(slowest, processor_seconds() - start);
  }
  CHECK(slowest < 5);
  CHECK(refused > 0);
  rusage use{}, self{};
  ::getrusage(RUSAGE_CHILDREN, &use);
  ::getrusage(RUSAGE_SELF, &self);
#ifndef __SANITIZE_ADDRESS__
  CHECK((use.ru_maxrss - self.ru_maxrss) / 1024 < 600);  // MiB: the bound of memory for a small file is 512
#endif
  return deaths;
}

}  // namespace

TEST_CASE("flipped bits end no caller, take no 5 s and no more memory than their bound", "[hdf5]") {
  read_flipped(400, 1);
}

TEST_CASE("ten thousand flipped bits end no caller", "[hdf5][nightly]") { WARN(read_flipped(10'000, 2) << " deaths"); }

TEST_CASE("results that were flipped or mutated are opened in place after a child has read them", "[hdf5][nightly]") {
  const TemporaryFolder folder;
  const auto bytes = image_of(example(), folder);
  constexpr int batches = 50, batch = 200;
  int ended = 0;
  for (int b = 0; b < batches; ++b)
    ended += in_child([&] {
               std::mt19937_64 random(static_cast<std::uint64_t>(b));
               for (int i = 0; i < batch; ++i) {
                 write_file_atomically(folder / "mutant.h5", mutant(bytes, random));
                 try {
                   const Hdf5File file = Hdf5File::open(folder / "mutant.h5");
                   for (const auto& name : file.list("/"))
                     if (file.is_dataset("/" + name)) file.read("/" + name);
                   file.save(folder / "again.h5");
                 } catch (const Error&) {
                 }
               }
               return 0;
             }) != 0;
  CHECK(ended == 0);
}

TEST_CASE("files are read by children while other threads use the library", "[hdf5]") {
  const TemporaryFolder folder;
  const auto bytes = image_of(example(), folder);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        good += read_foreign(bytes, "a.h5", read_image).tensors.at("x").at(0) == 1;
        example();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(good == 60);
}
