#include "fokker/core/io/png.h"

#include <png.h>

#include <cmath>
#include <limits>

#include "fokker/core/io/file.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;

namespace {

struct Picture {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb = {};
  std::array<int, 3> at(std::uint32_t x, std::uint32_t y) const {
    const std::size_t i = 3 * (std::size_t{y} * width + x);
    return {rgb[i], rgb[i + 1], rgb[i + 2]};
  }
};

/// Decoded by libpng.
Picture decode(const std::vector<std::byte>& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  image.format = PNG_FORMAT_RGB;
  Picture picture{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  REQUIRE(png_image_finish_read(&image, nullptr, picture.rgb.data(), 0, nullptr));
  return picture;
}

std::array<int, 3> grey(int value) { return {value, value, value}; }

}  // namespace

TEST_CASE("a grid of grey images: places, range, scale and separators", "[png]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // Three images of 1 × 2 pixels in two columns.
  const Tensor images = Tensor::from({-1, 1, 0, 5, nan, -7}, {3, 1, 2, 1});
  const Picture picture = decode(encode_png(images, {.low = -1, .high = 1, .columns = 2, .scale = 2}));
  CHECK(picture.width == 4 + 1 + 4);
  CHECK(picture.height == 2 + 1 + 2);
  CHECK(picture.at(0, 0) == grey(0));
  CHECK(picture.at(1, 1) == grey(0));
  CHECK(picture.at(2, 0) == grey(255));
  CHECK(picture.at(3, 1) == grey(255));
  CHECK(picture.at(4, 0) == grey(128));  // separator
  CHECK(picture.at(5, 0) == grey(128));  // the middle of the range
  CHECK(picture.at(7, 0) == grey(255));  // beyond the range
  CHECK(picture.at(0, 3) == grey(0));    // NaN
  CHECK(picture.at(2, 4) == grey(0));
  CHECK(picture.at(8, 4) == grey(128));  // no fourth image
}

TEST_CASE("colour images keep their channels", "[png]") {
  const Tensor images = Tensor::from({1, 0, 0.5, 0, 1, 0.2}, {1, 1, 2, 3});
  const Picture picture = decode(encode_png(images, {.scale = 1}));
  CHECK(picture.at(0, 0) == std::array<int, 3>{255, 0, 128});
  CHECK(picture.at(1, 0) == std::array<int, 3>{0, 255, 51});
}

TEST_CASE("small images become visible in a near-square grid", "[png]") {
  const Picture picture = decode(encode_png(Tensor::ones({10, 8, 8, 1})));
  CHECK(picture.width == 4 * 64 + 3);
  CHECK(picture.height == 3 * 64 + 2);
}

TEST_CASE("the same pictures are the same bytes, written atomically", "[png]") {
  const TemporaryFolder folder;
  const Tensor images = Tensor::full({2, 4, 4, 1}, 0.3);
  write_png(folder / "a.png", images);
  CHECK(read_file(folder / "a.png") == encode_png(images));
  CHECK(folder.entries() == 1);
  CHECK_THROWS_AS(write_png(folder / "no/a.png", images), IoError);
}

TEST_CASE("the density of points: direction, shade, and points outside", "[png]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor points = Tensor::from({-0.9, -0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 5, 0, nan, 0}, {7, 2});
  const Tensor image = density_image(points, {.low = -1, .high = 1, .size = 4});
  REQUIRE(image.shape() == Shape{1, 4, 4, 1});
  CHECK(image.at(12) == 0.5);  // one point of four, bottom left
  CHECK(image.at(3) == 0);     // four points, top right
  CHECK(image.at(0) == 1);
  double sum = 0;
  for (const double value : image.to_vector()) sum += value;
  CHECK(sum == 14.5);
  CHECK(density_image(Tensor::zeros({0, 2}), {.size = 2}).to_vector() == std::vector<double>(4, 1.0));
}

TEST_CASE("curves go from the left edge to the right one, through their values, and upwards", "[png]") {
  // A rise, a constant at the lower edge, and a jump to beyond the upper edge.
  const Tensor signals = Tensor::from({-1, 0, 1, -1, -1, -1, -1, -1, 9}, {3, 3});
  const Tensor images = curve_images(signals, {.low = -1, .high = 1, .width = 10, .height = 10});
  REQUIRE(images.shape() == Shape{3, 10, 10, 1});
  const auto at = [&](int image, int row, int column) { return images.at((10 * image + row) * 10 + column); };
  for (int k = 0; k < 10; ++k) CHECK(at(0, 9 - k, k) < 0.3);  // the diagonal
  for (int k = 0; k < 6; ++k) CHECK(at(0, k, k) > 0.7 * (k != 4 && k != 5));
  for (int column = 0; column < 10; ++column) {
    CHECK(at(1, 9, column) == 0);
    CHECK(at(1, 7, column) == 1);
  }
  for (int column = 0; column < 4; ++column) CHECK(at(2, 9, column) == 0);
  CHECK(at(2, 0, 9) == 0);
  CHECK(at(2, 0, 0) == 1);
  // The stroke is 1.5 pixels wide everywhere: a level line of any width darkens as much.
  double ink = 0;
  for (int row = 0; row < 10; ++row) ink += 1 - at(1, row, 5);
  CHECK(ink == Approx(1.5).margin(1e-6));
}

TEST_CASE("what is not a grid of images is refused", "[png]") {
  CHECK_THROWS_AS(encode_png(Tensor()), ShapeError);
  CHECK_THROWS_AS(encode_png(Tensor::ones({4, 4})), ShapeError);
  CHECK_THROWS_AS(encode_png(Tensor::ones({1, 4, 4, 2})), ShapeError);
  CHECK_THROWS_AS(encode_png(Tensor::ones({0, 4, 4, 1})), ShapeError);
  CHECK_THROWS_AS(encode_png(Tensor::ones({1, 4, 4, 1}), {.scale = 10'000}), ShapeError);
  CHECK_THROWS_AS(encode_png(Tensor::ones({1, 4, 4, 1}), {.low = 1, .high = 1}), ConfigError);
  CHECK_THROWS_AS(density_image(Tensor::ones({3, 1})), ShapeError);
  CHECK_THROWS_AS(density_image(Tensor::ones({3, 2}), {.size = 0}), ConfigError);
  CHECK_THROWS_AS(curve_images(Tensor::ones({3, 1})), ShapeError);
  CHECK_THROWS_AS(curve_images(Tensor::ones({3, 4}), {.low = 1, .high = 1}), ConfigError);
}
