#pragma once

#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// The map between the units of the data and those that the network sees: prepared = (x − shift) / scale.
struct Scaling {
  Tensor shift = Tensor::scalar(0), scale = Tensor::scalar(1);  // f32, of shape [] or [D]

  Tensor apply(const Tensor& x) const;
  Tensor invert(const Tensor& prepared) const;
  /// The smallest interval that holds the prepared values of an interval.
  ValueRange apply(const ValueRange& range) const;
};

/// The names "auto" and the kinds of scaling that it can stand for.
std::vector<std::string> scaling_names();

/// The kind that `name` means for these data.  "auto" is "range" for images, "none" for regression, "standardise_all"
/// for signals and "standardise" for other data.  Throws ConfigError for an unknown name, with the nearest one.
std::string scaling_kind(const std::string& name, const Dataset& data);

/// Makes the scaling of a kind:
///   "none"             keeps the values
///   "range"            maps the data's range to [−1, 1]
///   "standardise"      gives mean 0 and deviation 1, of all values of images, else of each feature
///   "standardise_all"  gives mean 0 and deviation 1 of all values together
/// A constant feature is only shifted.  Throws ConfigError for an empty range.
Scaling make_scaling(const std::string& kind, const Dataset& data);

}  // namespace fokker
