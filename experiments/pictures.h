#pragma once

#include <filesystem>
#include <string>

#include "fokker/experiments/dataset.h"
#include "fokker/solvers/sampler.h"

namespace fokker {

/// The first 64 images of x [N, height, width, 1 or 3] as a PNG grid, `range` from black to white.
void write_grid(const std::filesystem::path& file, const Tensor& x, const ValueRange& range);

/// 64 real images on the left and 64 samples on the right; nothing where there are fewer, or no images.
void write_side_by_side(const std::filesystem::path& file, const Tensor& real, const Tensor& samples,
                        const ValueRange& range);

/// FOLDER/samples-NAME.png: a grid of images, or a map of points in the plane; nothing for other shapes.
/// FOLDER/denoising-NAME.png: the first eight images on their way from noise, one row each.
void write_pictures(const std::filesystem::path& folder, const std::string& name, const Samples& samples,
                    const ValueRange& range);

}  // namespace fokker
