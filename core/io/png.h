#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// How a grid of images is drawn.
struct PngOptions {
  double low = 0, high = 1;  // values of black and white; values beyond are clamped, NaN is black
  int columns = 0;           // columns of the grid; 0: a grid that is nearly square
  int scale = 0;             // pixels of each side
  int separator = 1;         // pixels between images
};

/// Returns the bytes of a PNG that shows images [N, height, width, channels], with 1 or 3 channels, in a grid, row by
/// row.  A strip of R rows and C columns consists of R·C images with `columns = C`.  Throws ShapeError.
std::vector<std::byte> encode_png(const Tensor& images, const PngOptions& options = {});

/// Writes the PNG of `encode_png` to a file, atomically.  Throws ShapeError and IoError.
void write_png(const std::filesystem::path& path, const Tensor& images, const PngOptions& options = {});

/// Returns the image of a PNG file, [1, height, width, 1 or 3] in [0, 1].  Throws IoError for a file that is no PNG,
/// for transparent pixels and for other than 8 bits a channel.  Throws IoError also where the values take more than
/// `unpacked_limit` of the file.
Tensor read_png(const std::filesystem::path& path);
/// Reads the image of a PNG from memory; messages call the file `name`.
Tensor parse_png(std::span<const std::byte> bytes, const std::string& name);

/// The range and the size of a picture of a density.
struct DensityOptions {
  double low = -4, high = 4;  // the range of both coordinates
  int size = 128;             // pixels
};

/// Returns a picture of the density of points [N, ≥ 2] in their first two coordinates, [1, size, size, 1] in [0, 1].
/// Empty pixels are white, the densest are black, and the shade follows the square root of the count.  The second
/// coordinate points up.  Throws ShapeError for other points and ConfigError for options out of range.
Tensor density_image(const Tensor& points, const DensityOptions& options = {});

/// The range and the size of pictures of curves.
struct CurveOptions {
  double low = -1, high = 1;     // values at the lower and the upper edge; values beyond are clamped
  int width = 128, height = 64;  // pixels
};

/// Returns pictures of the curves of signals [N, length ≥ 2], [N, height, width, 1] in [0, 1], black on white.  The
/// first value is at the left edge and the last at the right one; straight lines join neighbours.  Throws ShapeError
/// for other signals and ConfigError for options out of range.
Tensor curve_images(const Tensor& signals, const CurveOptions& options = {});

}  // namespace fokker
