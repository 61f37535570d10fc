#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fokker {

/// A column of a table as it stands in the file.
struct CsvColumn {
  std::string name;
  std::vector<std::string> cells;
};

/// The cells of a table by column, and the line of the file in which each row begins.
struct CsvCells {
  std::string file;
  std::vector<CsvColumn> columns;
  std::vector<std::int64_t> lines;

  std::int64_t rows() const { return std::ssize(lines); }
};

/// Reads a header and rows, with commas between the cells and quotes around cells that hold commas, quotes or line
/// ends.  Line ends may be those of any system, and empty lines are left out.  A byte-order mark is no part of the
/// first name.  Throws ConfigError, naming the line, for a row of another length or a quote that does not end.  Throws
/// ConfigError for names that repeat or hold "=".  Throws IoError for a file that cannot be read or does not fit the
/// memory.
CsvCells read_csv_cells(const std::filesystem::path& file);

/// Whether a cell says that its value is missing, in the words that pandas knows: nothing, NA, N/A, NaN, null, None, …
bool is_missing(const std::string& cell);

/// The number in a cell, with blanks around it ignored.  A missing value is no number.
std::optional<double> cell_number(const std::string& cell);

}  // namespace fokker
