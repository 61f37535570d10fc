#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fokker/core/base/shape.h"

namespace fokker {

/// Tells for each element of a sample whether it stays known.  `hidden` names the hidden part: left_half, right_half,
/// top_half, bottom_half, centre (half of each side), outside (all but the centre: outpainting), every_other (a
/// chess-board), random(SHARE) of the pixels by the seed, or FILE.png, whose white pixels are hidden.  Images [H, W, C]
/// hide whole pixels; signals [length] are rows of pixels.  Throws ConfigError for an unknown name, with the nearest,
/// and for a picture that hides nothing or everything.  Throws IoError for a picture that cannot be read.  Throws
/// ShapeError for other samples and for a picture of another size.
std::vector<bool> known_part(const std::string& hidden, const Shape& sample, std::uint64_t seed = 0);

}  // namespace fokker
