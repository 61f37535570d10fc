// Inpainting and denoising by a model whose score is exact: a mixture of training digits.
#include <algorithm>
#include <cmath>

#include "fokker/core/ops/elementwise.h"
#include "fokker/experiments/applications/denoise.h"
#include "fokker/experiments/applications/inpaint.h"
#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "tests/support/catch.h"

using namespace fokker;

namespace {

/// Digits whose model is known: 300 of them, each with a little width.
const TrainedRun& digits_run() {
  static const TrainedRun run = [] {
    TrainedRun made{.config = {}, .model = {}, .score = {}};
    made.config.data = {.source = "digits", .held_out = 0.1};
    made.config.network = {.kind = "mlp", .hidden = {8}};
    made.model = build(made.config);
    std::vector<std::vector<double>> means;
    for (std::int64_t i = 0; i < 300; ++i) means.push_back(made.model.data().training.x.rows(i, i + 1).to_vector());
    made.score = GaussianMixture(means, {0.25}).score(*made.model.sde);
    return made;
  }();
  return run;
}

Findings inpainted(const InpaintConfig& config, const ApplicationInput& input = {}) {
  return inpaint(digits_run(), config, input, {});
}
Findings denoised(const DenoiseConfig& config, const ApplicationInput& input = {}) {
  return denoise(digits_run(), config, input, {});
}

double figure(const Findings& findings, const std::string& name) {
  for (const Figure& f : findings.figures)
    if (f.name == name) return f.value;
  FAIL("no figure " << name);
  return 0;
}
const Tensor& array(const Findings& findings, const std::string& name) {
  for (const auto& [title, values] : findings.arrays)
    if (title == name) return values;
  throw Error("no array " + name);
}

InpaintConfig small(const std::string& method) {
  InpaintConfig config;
  config.method = method;
  config.n = 6;
  config.samples = 3;
  config.particles = 4;
  config.sampler.steps = 25;
  return config;
}

}  // namespace

TEST_CASE("known pixels are the input's to the bit by every method, and samples differ where pixels are hidden") {
  for (const char* method : {"replacement", "dps", "pigdm", "mmps", "twisted"}) {
    INFO(method);
    InpaintConfig config = small(method);
    config.tolerance = 0.1;
    const Findings found = inpainted(config);
    const Tensor &truth = array(found, "truth"), &samples = array(found, "samples"), &known = array(found, "known");
    REQUIRE(samples.shape() == Shape{6, 3, 8, 8, 1});
    std::int64_t differ = 0;
    for (std::int64_t i = 0; i < samples.size(); ++i) {
      const std::int64_t row = i / (3 * 64), element = i % 64;
      if (known.at(element) != 0 && samples.at(i) != truth.at(row * 64 + element)) ++differ;
    }
    CHECK(differ == 0);
    CHECK(figure(found, "spread_known") == 0);
    CHECK(figure(found, "spread_hidden") > 0.01);
    CHECK(figure(found, "class_of_truth") > 0.8);
    CHECK(figure(found, "rmse") < 0.45);
    CHECK(figure(found, "consistency") < 0.1);
  }
}

TEST_CASE("the spread of completions grows with the hidden share") {
  double before = 0;
  for (const char* mask : {"random(0.2)", "random(0.5)", "random(0.9)"}) {
    InpaintConfig config = small("twisted");
    config.n = 12;
    config.particles = 8;
    config.noise = 0.1;
    config.mask = mask;
    const double spread = figure(inpainted(config), "spread_hidden");
    CHECK(spread > before);
    before = spread;
  }
}

TEST_CASE("other operators: samples agree with what is measured") {
  for (const char* op : {"super_resolution", "blur", "compressed"}) {
    INFO(op);
    InpaintConfig config = small("pigdm");
    config.measured = op;
    config.noise = 0.02;
    const Findings found = inpainted(config);
    CHECK(figure(found, "consistency") < 0.08);
    CHECK(figure(found, "rmse") < 0.3);
    CHECK(found.pictures.size() == 1);
  }
}

TEST_CASE("a sample does not depend on how many inputs there are") {
  InpaintConfig config = small("pigdm");
  const Tensor all = array(inpainted(config), "samples");
  config.n = 2;
  CHECK(array(inpainted(config), "samples").to_vector() == all.rows(0, 2).to_vector());
}

TEST_CASE("the posterior mean is the exact one for Gaussian data") {
  const double c = 0.6, mu = 0.3, s = 0.4;
  const GaussianMixture data({std::vector<double>(64, mu)}, {c});
  const VP sde;
  const Tensor y = Rng(1).normal({70, 8, 8, 1}, Dtype::f64);
  const Tensor mean = posterior_mean(data.score(sde), sde, y, s);
  double largest = 0;
  for (std::int64_t i = 0; i < y.size(); ++i)
    largest = std::max(largest, std::abs(mean.at(i) - (mu + c * c / (c * c + s * s) * (y.at(i) - mu))));
  CHECK(largest < 1e-9);
  CHECK_THROWS_AS(posterior_mean(data.score(sde), sde, y, 1e4), ConfigError);
}

TEST_CASE("denoised digits are nearer the truth, with the noise known or found") {
  for (const char* level : {"known", "evidence"}) {
    const Findings found = denoised({.noise = 0.2, .level = level, .n = 40, .samples = 2});
    INFO(level);
    CHECK(figure(found, "psnr_mean") > figure(found, "psnr_noisy") + 1);
    CHECK(figure(found, "ssim_mean") > figure(found, "ssim_noisy"));
    CHECK(figure(found, "psnr_mean") > figure(found, "psnr_samples"));  // a mean has the least square error
    CHECK(figure(found, "level") == Approx(0.2).epsilon(0.15));
    CHECK(array(found, "samples").shape() == Shape{40, 2, 8, 8, 1});
  }
}

TEST_CASE("counts have the mean and variance of Poisson's law, and are denoised at their mean level") {
  double error = 0, squares = 0, expected = 0;
  std::int64_t n = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    DenoiseConfig config{.kind = "poisson", .peak = 3};
    config.sampler.seed = seed;
    const Findings found = denoised(config);
    const Tensor &truth = array(found, "truth"), &noisy = array(found, "noisy");
    double variance = 0;
    for (std::int64_t i = 0; i < truth.size(); ++i) {
      const double share = truth.at(i) / 16, off = noisy.at(i) / 16 - share;
      error += off, squares += off * off, variance += share / 3;
      CHECK_FALSE((share == 0 && off != 0));
    }
    CHECK(figure(found, "level") == Approx(std::sqrt(variance / static_cast<double>(truth.size()))).epsilon(0.02));
    CHECK(figure(found, "psnr_mean") > figure(found, "psnr_noisy"));
    expected += variance, n += truth.size();
  }
  CHECK(std::abs(error) < 5 * std::sqrt(expected));
  // The square of a count about its mean λ has the variance 2 λ² + λ; here λ ≤ 3 on half of the pixels.
  CHECK(squares == Approx(expected).epsilon(5 * std::sqrt(7.0 / static_cast<double>(n / 2))));
}

TEST_CASE("an input of one's own is used as it is") {
  const Tensor mine = Tensor::full({3, 8, 8, 1}, 5) + Rng(1).normal({3, 8, 8, 1});
  const Findings found = denoised({.noise = 0.1}, {mine});
  CHECK(array(found, "noisy").at(7) == Approx(mine.at(7)).epsilon(1e-5));
  CHECK(std::ranges::none_of(found.figures, [](const Figure& f) { return f.name == "psnr_mean"; }));
  CHECK(array(inpainted(small("replacement"), {mine}), "truth").to_vector() == mine.to_vector());
}

TEST_CASE("settings and inputs that do not fit are refused in one line") {
  const auto refused = [&](auto change, const ApplicationInput& input = {}) {
    InpaintConfig config = small("pigdm");
    change(config);
    CHECK_THROWS_AS(inpainted(config, input), Error);
  };
  refused([](InpaintConfig& c) { c.mask = "nothing"; });
  refused([](InpaintConfig& c) { c.mask = "random(0.001)"; });
  refused([](InpaintConfig& c) { c.mask = "random(0.999)"; });
  refused([](InpaintConfig& c) { c.measured = "super_resolution", c.factor = 3; });
  refused([](InpaintConfig& c) { c.sampler.n = 3; });
  refused([](InpaintConfig& c) { c.method = "twisted", c.sampler.solver = "ddim"; });
  refused([](InpaintConfig&) {}, {Tensor::zeros({2, 9, 8, 1})});
  refused([](InpaintConfig&) {}, {Tensor::zeros({8, 8})});
  CHECK_THROWS_AS(denoised({.noise = 1000}), ConfigError);
  CHECK_THROWS_AS(denoised({.kind = "poisson", .peak = 1e6}), ConfigError);
  CHECK_THROWS_AS(denoised({.noise = 0.1}, {Tensor::zeros({2, 16})}), ShapeError);
}
