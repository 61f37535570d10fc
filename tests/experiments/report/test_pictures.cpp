#include "fokker/core/io/file.h"
#include "fokker/core/io/png.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/report/pictures.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
namespace fs = std::filesystem;

namespace {

Samples samples(const Tensor& values, const Tensor& trajectory = {}) {
  Samples result;
  result.values = values;
  result.trajectory = trajectory;
  return result;
}

}  // namespace

TEST_CASE("signals are drawn as curves in the range of the data: samples, the way from noise, and beside real ones") {
  const TemporaryFolder folder;
  const Prepared data = prepare({.source = "chirps", .n = 200}, 1);
  const Tensor real = data.scaling.invert(data.training.x);
  const Look look = look_of(facts_of(data));
  CHECK(look.signals);
  CHECK(look.range.low == data.range.low);
  write_pictures(folder.path(), "x", samples(real, reshape(real.rows(0, 100), {2, 50, 128})), look);
  // The picture of curves in [0, 1] is that of curves in the units of the data, up to rounding: compare sizes.
  const auto bytes = read_file(folder / "samples-x.png");
  const auto plain =
      encode_png(curve_images(real.rows(0, 64), {.low = look.range.low, .high = look.range.high}), {.separator = 4});
  CHECK(bytes == plain);
  CHECK(fs::exists(folder / "denoising-x.png"));
  write_side_by_side(folder / "both.png", real, real, look);
  CHECK(fs::exists(folder / "both.png"));
  CHECK(read_file(folder / "both.png").size() > bytes.size());
}

TEST_CASE("a table has no picture, points of the plane have a map, images a grid") {
  const TemporaryFolder folder;
  const Tensor table = Tensor::ones({70, 5});
  write_pictures(folder.path(), "table", samples(table), {.range = {0, 1}});
  write_side_by_side(folder / "both.png", table, table, {.range = {0, 1}});
  CHECK(folder.entries() == 0);
  write_pictures(folder.path(), "points", samples(Tensor::zeros({9, 2})), {.range = {-1, 1}});
  write_pictures(folder.path(), "images", samples(Tensor::zeros({3, 4, 4, 1})), {.range = {0, 1}});
  CHECK(fs::exists(folder / "samples-points.png"));
  CHECK(fs::exists(folder / "samples-images.png"));
  CHECK(folder.entries() == 2);
}
