#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

struct PngOptions {
  double low = 0, high = 1;  // values of black and white; those beyond are clamped, NaN is black
  int columns = 0;           // of the grid; 0: near-square
  int scale = 0;             // pixels for one pixel of an image, in each direction; 0: small images become visible
  int separator = 1;         // pixels between images
};

/// A grid of images [N, height, width, channels], 1 or 3 channels, row by row, as the bytes of a PNG.  A strip of R
/// rows and C columns is R·C images with `columns = C`.  Throws ShapeError.
std::vector<std::byte> encode_png(const Tensor& images, const PngOptions& options = {});

/// The same into a file, atomically; throws IoError.
void write_png(const std::filesystem::path& path, const Tensor& images, const PngOptions& options = {});

/// The image of a PNG file, [1, height, width, 1 or 3] in [0, 1].  Throws IoError where it is no such file, for pixels that
/// are transparent, for other than 8 bits a channel, and for values that take more than `unpacked_limit` of the file.
Tensor read_png(const std::filesystem::path& path);
/// The same from memory; `name` is for messages.
Tensor parse_png(std::span<const std::byte> bytes, const std::string& name);

struct DensityOptions {
  double low = -4, high = 4;  // of both coordinates
  int size = 128;             // pixels
};

/// Points [N, ≥ 2] as a picture of their density in the first two coordinates, [1, size, size, 1] in [0, 1]: white
/// where there are none, black where they are densest, shaded by the square root of the count; the second coordinate
/// points up.
Tensor density_image(const Tensor& points, const DensityOptions& options = {});

struct CurveOptions {
  double low = -1, high = 1;     // values at the lower and the upper edge; those beyond are clamped
  int width = 128, height = 64;  // pixels
};

/// Signals [N, length ≥ 2] as pictures of their curves, [N, height, width, 1] in [0, 1]: black on white, the first value
/// at the left edge and the last at the right one, straight lines between neighbours.
Tensor curve_images(const Tensor& signals, const CurveOptions& options = {});

}  // namespace fokker
