#include "fokker/experiments/statistics/image_quality.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace fokker {
namespace {

/// One channel of one image.
struct Plane {
  std::span<const float> values;
  std::int64_t width, channels, channel;
  double operator()(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>((row * width + column) * channels + channel)];
  }
};

std::vector<double> window_weights(std::int64_t size, double sigma) {
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double z = (static_cast<double>(i) - 0.5 * static_cast<double>(size - 1)) / sigma;
    weights.push_back(std::exp(-0.5 * z * z));
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  return weights;
}

struct Windows {
  std::vector<double> rows, columns;
  double c1, c2;

  /// The similarity in the window whose corner is (top, left).
  double similarity(const Plane& x, const Plane& y, std::int64_t top, std::int64_t left) const {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t j = 0; j < columns.size(); ++j) {
        const double w = rows[i] * columns[j];
        const double a = x(top + static_cast<std::int64_t>(i), left + static_cast<std::int64_t>(j));
        const double b = y(top + static_cast<std::int64_t>(i), left + static_cast<std::int64_t>(j));
        mx += w * a, my += w * b, xx += w * a * a, yy += w * b * b, xy += w * a * b;
      }
    const double vx = xx - mx * mx, vy = yy - my * my, covariance = xy - mx * my;
    return (2 * mx * my + c1) * (2 * covariance + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2));
  }
};

void check(const Tensor& x, const Tensor& truth, const char* where) {
  require<ShapeError>(x.shape() == truth.shape() && x.rank() > 0, "[{}] expected two sets of one shape, got {} and {}",
                      where, x.shape(), truth.shape());
}

}  // namespace

std::vector<double> psnr(const Tensor& x, const Tensor& truth, double range) {
  check(x, truth, "psnr");
  const std::int64_t width = x.size() / x.extent(0);
  std::vector<double> all;
  for (std::int64_t i = 0; i < x.extent(0); ++i) {
    double squares = 0;
    for (std::int64_t j = i * width; j < (i + 1) * width; ++j) squares += std::pow(x.at(j) - truth.at(j), 2);
    all.push_back(10 * std::log10(range * range * static_cast<double>(width) / squares));
  }
  return all;
}

std::vector<double> ssim(const Tensor& x, const Tensor& truth, double range, const SsimConfig& config) {
  check(x, truth, "ssim");
  require<ShapeError>(x.rank() == 4, "[ssim] expected images [N, height, width, channels], got {}", x.shape());
  const std::int64_t h = x.extent(1), w = x.extent(2), channels = x.extent(3), pixels = h * w * channels;
  const std::int64_t tall = std::min<std::int64_t>(h, config.window), wide = std::min<std::int64_t>(w, config.window);
  const Windows windows{window_weights(tall, config.sigma), window_weights(wide, config.sigma),
                        std::pow(0.01 * range, 2), std::pow(0.03 * range, 2)};
  std::vector<double> all;
  for (std::int64_t i = 0; i < x.extent(0); ++i) {
    double sum = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto plane = [&](const Tensor& of) {
        return Plane{of.data<float>().subspan(static_cast<std::size_t>(i * pixels), static_cast<std::size_t>(pixels)),
                     w, channels, c};
      };
      for (std::int64_t top = 0; top + tall <= h; ++top)
        for (std::int64_t left = 0; left + wide <= w; ++left)
          sum += windows.similarity(plane(x), plane(truth), top, left);
    }
    all.push_back(sum / static_cast<double>(channels * (h - tall + 1) * (w - wide + 1)));
  }
  return all;
}

}  // namespace fokker
