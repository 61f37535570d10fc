#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// The columns of a matrix that stand for one column of a table: one column for numbers, or one for each text of a
/// category.
struct ColumnGroup {
  std::string name;
  std::int64_t first;
  std::vector<std::string> texts;  // texts of a categorical column, in rising order; empty: a number

  std::int64_t width() const { return texts.empty() ? 1 : std::ssize(texts); }
};

/// Reads a table as samples x [N, features] (csv_cells.h reads the cells).  A column whose cells are numbers or missing
/// becomes one feature of that name; missing values are not finite.  A column without any number, or one that
/// `categorical` names, becomes a feature "name=text" for each text: 1 where the row has the text, else 0.  `label`
/// names the column of classes, which are numbered in rising order of its texts or numbers.  Empty means the last
/// column, and "-" means none.  Throws ConfigError, naming line and column, for a text among numbers and for a label
/// that is missing or not whole.  Throws ConfigError for names that no column has, and for a categorical column of more
/// than 1,000 texts.
Dataset read_csv_table(const std::filesystem::path& file, const std::string& label,
                       const std::vector<std::string>& categorical = {});

/// Lists the categorical columns by the names of features, as in "colour (3 texts), kind (2 texts)"; empty where there
/// is none.
std::string categorical_columns(const std::vector<std::string>& features);

/// Groups features "name" and "name=text" by column.  A name without "=" is a number.
std::vector<ColumnGroup> column_groups(const std::vector<std::string>& features);

/// Sets the largest place of every categorical column of x [N, features] to 1 and the others to 0, in the units of the
/// data.
Tensor as_categories(const Tensor& x, const std::vector<std::string>& features);

/// Writes such data as text: a header and a row for each sample.  Labels, where there are some, are the last column.
std::string csv_text(const Dataset& data);

}  // namespace fokker
