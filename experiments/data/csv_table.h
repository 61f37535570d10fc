#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/data/dataset.h"

namespace fokker {

/// Columns of a matrix that stand for one column of a table: one number, or one place for each text that it may have.
struct ColumnGroup {
  std::string name;
  std::int64_t first;
  std::vector<std::string> texts;  // of a categorical column, in rising order; empty: a number

  std::int64_t width() const { return texts.empty() ? 1 : std::ssize(texts); }
};

/// A table as samples (its cells: csv_cells.h).  A column whose cells are numbers or missing becomes one feature of the
/// column's name, not finite where it is missing.  A column without any number, or one that `categorical` names, becomes a
/// feature "name=text" for each text, 1 where the row has it and else 0.  `label` names the column of classes, numbered in
/// rising order of its texts or numbers; empty: the last column.  "-": none.
/// Throws ConfigError, naming line and column, for a text among numbers, for a label that is missing or whose numbers are
/// not whole, for names that no column has, and for a categorical column of more than 1,000 texts.
Dataset read_csv_table(const std::filesystem::path& file, const std::string& label,
                       const std::vector<std::string>& categorical = {});

/// "colour (3 texts), kind (2 texts)": the categorical columns, by the names of features; empty where there is none.
std::string categorical_columns(const std::vector<std::string>& features);

/// The groups of features "name" and "name=text"; a name without "=" is a number.
std::vector<ColumnGroup> column_groups(const std::vector<std::string>& features);

/// x [N, features] in the units of the data, with the largest place of every categorical column 1 and the others 0.
Tensor as_categories(const Tensor& x, const std::vector<std::string>& features);

/// Such x as text: a header and a row for each sample, the labels, where there are some, in the last column.
std::string csv_text(const Dataset& data);

}  // namespace fokker
