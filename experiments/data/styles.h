#pragma once

#include <span>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Looks of bright strokes on a dark ground, made of images [N, height, width, channels] with values in `range`; what lies
/// outside an image is dark.  Thin and bold are grey erosion and dilation by a disc of 0.5 and 0.375 pixels [serra1982], at
/// four times the resolution; a thin image is then as bright at its brightest as the original.
Tensor thin(const Tensor& images, const ValueRange& range);
Tensor bold(const Tensor& images, const ValueRange& range);
/// Each row shifted by a quarter of its distance from the middle: the top to the right; linear between pixels.
Tensor slanted(const Tensor& images, const ValueRange& range);
/// low + high − x
Tensor inverted(const Tensor& images, const ValueRange& range);

struct StyleEntry {
  const char* name;
  const char* description;
  Tensor (*apply)(const Tensor& images, const ValueRange& range);
};

std::span<const StyleEntry> style_entries();
std::vector<std::string> style_names();

/// The digits, each plain (label 0) and in the styles of the table (labels 1, 2, …), its pair the number of the digit; the
/// last fifth of the digits is held out.  n: at most so many images.
Dataset digit_styles(const std::string& argument, const DatasetOptions& options);

/// A style by name.  Throws ConfigError for an unknown one, with the nearest, and ShapeError for other tensors than images.
Tensor styled(const std::string& name, const Tensor& images, const ValueRange& range);

}  // namespace fokker
