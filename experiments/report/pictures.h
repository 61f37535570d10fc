#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/data/data_facts.h"
#include "fokker/solvers/sampling/sampler.h"

namespace fokker {

/// How data become pictures.
struct Look {
  ValueRange range;      // images: from black to white; curves: from the lower edge to the upper one
  bool signals = false;  // whether x [N, length] are signals, drawn as curves
};

/// Samples as images whose black and white are the ends of the range.  Signals become their curves, other data stay as
/// they are.
Tensor as_images(const Tensor& x, const Look& look);
/// Whether x [N, height, width, 1 or 3] can be a picture.
bool drawable(const Shape& images);

/// The look of samples in the units of the data.
Look look_of(const DataFacts& facts);

/// Writes the first 64 images of x [N, height, width, 1 or 3], or curves of signals, as a PNG grid.  For other data it
/// writes nothing and returns false.
bool write_grid(const std::filesystem::path& file, const Tensor& x, const Look& look);

/// Draws samples as the bytes of a PNG: the first 64 images or curves, or a map of points in the plane.  Returns
/// nothing for other data, or none.
std::vector<std::byte> overview_png(const Tensor& x, const Look& look);

/// Writes 64 real ones on the left and 64 samples on the right.  Writes nothing where there are fewer, or for other
/// data.
void write_side_by_side(const std::filesystem::path& file, const Tensor& real, const Tensor& samples, const Look& look);

/// Writes the pictures of a set of samples and returns their files; other data have none.
///   FOLDER/samples-NAME.png     an overview
///   FOLDER/denoising-NAME.png   the first eight images or curves on their way from noise, one row each
std::vector<std::filesystem::path> write_pictures(const std::filesystem::path& folder, const std::string& name,
                                                  const Samples& samples, const Look& look);

}  // namespace fokker
