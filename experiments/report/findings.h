#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "fokker/core/io/hdf5.h"
#include "fokker/core/io/png.h"
#include "fokker/experiments/statistics/figure.h"

namespace fokker {

/// Images [N, height, width, 1 or 3] as one grid.
struct Picture {
  std::string name;
  Tensor images;
  PngOptions look = {};
};

/// An SVG document.
struct Chart {
  std::string name, svg;
};

/// A header and rows as CSV.
struct Table {
  std::string name, csv;
};

/// What an application found: numbers, arrays in the units of the data, pictures, charts and tables.
struct Findings {
  std::vector<Figure> figures = {};
  std::vector<std::pair<std::string, Tensor>> arrays = {};
  std::vector<Picture> pictures = {};
  std::vector<Chart> charts = {};
  std::vector<Table> tables = {};
};

/// Writes a line for each figure.
std::vector<std::string> figure_lines(const Findings& findings);
/// Writes GROUP/figures/NAME with attributes low and high, and GROUP/ARRAY.
void write_findings(Hdf5File& file, const std::string& group, const Findings& findings);
/// Writes FOLDER/PREFIX-NAME.png, .svg and .csv.  Returns the files.
std::vector<std::filesystem::path> write_findings_files(const std::filesystem::path& folder, const std::string& prefix,
                                                        const Findings& findings);

}  // namespace fokker
