#pragma once

#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// Peak signal-to-noise ratio of each row, 10 log₁₀(range² / mean (x − y)²), in decibels, for x and `truth` [N, …].
std::vector<double> psnr(const Tensor& x, const Tensor& truth, double range);

/// Windows of the structural similarity.
struct SsimConfig {
  int window = 7;      // side in pixels, odd; smaller images have windows of their own size
  double sigma = 1.5;  // deviation of the Gaussian weights in a window, in pixels
};

/// Structural similarity [wang2004] of each image of x and `truth` [N, H, W, C]: the mean over channels and over all
/// windows inside the image of
///   (2 μ_x μ_y + c₁)(2 σ_xy + c₂)/((μ_x² + μ_y² + c₁)(σ_x² + σ_y² + c₂)),  c₁ = (0.01 range)²,  c₂ = (0.03 range)².
/// Throws ShapeError for other shapes.
std::vector<double> ssim(const Tensor& x, const Tensor& truth, double range, const SsimConfig& config = {});

}  // namespace fokker
