#pragma once

#include <string>
#include <vector>

namespace fokker {

/// A curve of two shares, each from 0 to 1.
struct ShareChart {
  std::string x_name, y_name;
  std::vector<double> x, y;
  std::vector<std::string> labels = {};  // labels of the points, which are drawn where there are labels
  std::string note = {};
  bool chance = false;  // whether the diagonal is drawn
};

/// The chart as an SVG file that stands alone.
std::string share_chart(const ShareChart& chart);

}  // namespace fokker
