#include <cmath>

#include "fokker/core/io/png.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/rng.h"
#include "fokker/experiments/data/masks.h"
#include "fokker/experiments/metrics/noise_estimate.h"
#include "fokker/experiments/statistics/image_quality.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace fokker;
using Catch::Matchers::Contains;

namespace {

/// Two images 9 × 8 by a formula, and the same with a ripple.
struct Pair {
  Tensor truth, other;
};
Pair images() {
  std::vector<double> a, b;
  for (int i = 0; i < 2 * 9 * 8; ++i) {
    a.push_back(std::sin(0.7 * i) + 0.3 * std::cos(0.11 * i * i));
    b.push_back(a.back() + 0.2 * std::sin(1.3 * i + 1));
  }
  return {Tensor::from(a, {2, 9, 8, 1}), Tensor::from(b, {2, 9, 8, 1})};
}

}  // namespace

TEST_CASE("SSIM and PSNR are those of scikit-image") {
  const auto [truth, other] = images();
  // scikit-image 0.26: structural_similarity(gaussian_weights=True, sigma=0.8, use_sample_covariance=False), windows of 7.
  const auto similarity = ssim(other, truth, 2.6, {.window = 7, .sigma = 0.8});
  CHECK(similarity[0] == Approx(0.824988903274368).epsilon(1e-6));
  CHECK(similarity[1] == Approx(0.9703872669345097).epsilon(1e-6));
  const auto ratio = psnr(other, truth, 2.6);
  CHECK(ratio[0] == Approx(25.251607614306128).epsilon(1e-6));
  CHECK(ratio[1] == Approx(25.27703451207283).epsilon(1e-6));
  for (const double same : ssim(truth, truth, 2.6)) CHECK(same == Approx(1).epsilon(1e-12));
  CHECK_THROWS_AS(ssim(other, truth.rows(0, 1), 1), ShapeError);
  CHECK_THROWS_AS(ssim(Tensor::zeros({2, 3}), Tensor::zeros({2, 3}), 1), ShapeError);
}

TEST_CASE("masks hide what their names say") {
  const auto hidden = [](const char* name, const Shape& shape) {
    std::string picture;
    for (const bool known : known_part(name, shape)) picture += known ? '.' : '#';
    return picture;
  };
  CHECK(hidden("left_half", {2, 4, 1}) == "##..##..");
  CHECK(hidden("right_half", {2, 3, 1}) == "..#..#");
  CHECK(hidden("top_half", {2, 2, 2}) == "####....");
  CHECK(hidden("bottom_half", {2, 2, 1}) == "..##");
  CHECK(hidden("centre", {4, 4, 1}) == ".....##..##.....");
  CHECK(hidden("outside", {4, 4, 1}) == "#####..##..#####");
  CHECK(hidden("every_other", {2, 3, 1}) == ".#.#.#");
  CHECK(hidden("centre", {8}) == "..####..");
  const auto scattered = known_part("random(0.3)", {10, 10, 1}, 4);
  CHECK(std::count(scattered.begin(), scattered.end(), false) == 30);
  CHECK(scattered == known_part("random(0.3)", {10, 10, 1}, 4));
  CHECK(scattered != known_part("random(0.3)", {10, 10, 1}, 5));
  for (const char* wrong : {"left", "random", "random()", "random(1.5)", "random(0)", "random(0.5", "random(x)"})
    CHECK_THROWS_AS(known_part(wrong, {4, 4, 1}), ConfigError);
  CHECK_THROWS_AS(known_part("left_half", {4, 4}), ShapeError);
}

TEST_CASE("a picture's white pixels are hidden, of a picture that fits and hides a part") {
  const TemporaryFolder folder;
  const auto mask = [&](const std::vector<double>& values, const Shape& shape) {
    const auto file = folder.path() / "mask.png";
    write_png(file, Tensor::from(values, shape), {.scale = 1});
    return known_part(file.string(), {2, 3, 1});
  };
  CHECK(mask({0, 1, 0.2F, 0.9F, 0, 1}, {1, 2, 3, 1}) == std::vector<bool>{true, false, true, false, true, false});
  CHECK(known_part((folder.path() / "mask.png").string(), {2, 3, 2}).size() == 12);
  CHECK_THROWS_WITH(mask({0, 1, 0, 1, 0, 1}, {1, 3, 2, 1}), Contains("mask.png: expected a picture of 2 × 3"));
  CHECK_THROWS_WITH(mask({0, 0, 0, 0, 0, 0}, {1, 2, 3, 1}), Contains("none of its pixels are white"));
  CHECK_THROWS_WITH(mask({1, 1, 1, 1, 1, 1}, {1, 2, 3, 1}), Contains("all of its pixels are white"));
  CHECK_THROWS_AS(known_part("no_such.png", {2, 3, 1}), IoError);
}

TEST_CASE("the finest wavelet coefficients tell the noise of smooth data") {
  const std::int64_t n = 20;
  std::vector<double> smooth;
  for (std::int64_t i = 0; i < n * 32 * 32; ++i)  // by rows and columns of images, and along signals
    smooth.push_back(std::sin(0.02 * static_cast<double>(i % 32)) * std::cos(0.02 * static_cast<double>(i / 32 % 32)));
  for (const double s : {0.05, 0.3}) {
    const Tensor noise = Rng(3).normal({n * 1024}, Dtype::f32) * s;
    const Tensor x = Tensor::from(smooth, {n * 1024}) + noise;
    // The median of N coefficients is within 1.17 s/√N of s; five such deviations.
    const double images = detail_noise(x.view({n, 32, 32, 1})), signals = detail_noise(x.view({n, 1024}));
    CHECK(images == Approx(s).epsilon(5 * 1.17 / std::sqrt(n * 256)));
    CHECK(signals == Approx(s).epsilon(0.03 + 5 * 1.17 / std::sqrt(n * 512)));
  }
  CHECK_THROWS_AS(detail_noise(Tensor::zeros({4})), ShapeError);
}

TEST_CASE("the evidence of the model tells the noise of its data") {
  const GaussianMixture data({{2, 0, 1, -1, 0, 0, 1, 2}, {-1, 1, 0, 2, 1, -2, 0, 0}}, {0.3, 0.2}, {1, 2});
  const std::int64_t n = 400;
  const VP vp;
  const VE ve;
  for (const ForwardSde* sde : {static_cast<const ForwardSde*>(&vp), static_cast<const ForwardSde*>(&ve)})
    for (const double s : {0.1, 0.5, 1.5}) {
      const Tensor y = data.sample(n, Rng(1), Dtype::f64) + Rng(2).normal({n, 8}, Dtype::f64) * s;
      // Var x₀ within a component is 0.04 to 0.09, so that y tells s² to √(2/(8 n)) (s² + 0.09), and the probes add as much.
      const double spread = std::sqrt(2 / (8.0 * n)) * (s * s + 0.09) / (2 * s * s);
      INFO(sde->name() << " s = " << s);
      CHECK(evidence_noise(data.score(*sde), *sde, y) == Approx(s).epsilon(7 * spread));
      // Another model's evidence says something else.
      const GaussianMixture other({std::vector<double>(8)}, {0.5});
      CHECK(std::abs(evidence_noise(other.score(*sde), *sde, y) / s - 1) > 7 * spread);
    }
}
