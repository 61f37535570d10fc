#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Styles of bright strokes on a dark ground, for images [N, height, width, channels] with values in `range`.  What
/// lies outside an image is dark.  Thin and bold are grey erosion and dilation by a disc of 0.5 and 0.375 pixels
/// [serra1982], at four times the resolution.  A thin image is scaled to be as bright at its brightest as the original.
Tensor thin(const Tensor& images, const ValueRange& range);
Tensor bold(const Tensor& images, const ValueRange& range);
/// Shifts each row by a quarter of its distance from the middle, the top to the right; values between pixels are
/// linear.
Tensor slanted(const Tensor& images, const ValueRange& range);
/// Inverts the values: low + high − x.
Tensor inverted(const Tensor& images, const ValueRange& range);

/// One style of the table.
struct StyleEntry {
  const char* name;
  const char* description;
  Tensor (*apply)(const Tensor& images, const ValueRange& range);
};

std::span<const StyleEntry> style_entries();
std::vector<std::string> style_names();

/// The digits, each plain (label 0) and in the styles of the table (labels 1, 2, …).  The pair of an image is the
/// number of its digit.  The last fifth of the digits is held out.  options.n bounds the number of images.
Dataset digit_styles(const std::string& argument, const DatasetOptions& options);

/// Applies a style by name.  Throws ConfigError for an unknown one, with the nearest, and ShapeError for other tensors
/// than images.
Tensor styled(const std::string& name, const Tensor& images, const ValueRange& range);

}  // namespace fokker
