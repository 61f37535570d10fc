#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fokker/experiments/dataset.h"

namespace fokker {

/// Columns of a matrix that stand for one column of a table: one number, or one place for each text that it may have.
struct ColumnGroup {
  std::string name;
  std::int64_t first;
  std::vector<std::string> texts;  // of a categorical column, in rising order; empty: a number

  std::int64_t width() const { return texts.empty() ? 1 : std::ssize(texts); }
};

/// A table of a header and rows, with commas between the cells and quotes around cells that have some.  Columns whose cells
/// are all numbers, or empty (not finite), become one feature of the column's name; others a feature "name=text" for each
/// text, 1 where the row has it and else 0.  `label` names the column of classes, numbered in rising order of its texts or
/// numbers; empty: the last column.  "-": none.
/// Throws ConfigError for a row of another length, a label that is no column or whose numbers are not whole, and columns
/// of one name; IoError for a file that cannot be read.
Dataset read_csv_table(const std::filesystem::path& file, const std::string& label);

/// The groups of features "name" and "name=text"; a name without "=" is a number.
std::vector<ColumnGroup> column_groups(const std::vector<std::string>& features);

/// x [N, features] in the units of the data, with the largest place of every categorical column 1 and the others 0.
Tensor as_categories(const Tensor& x, const std::vector<std::string>& features);

/// Such x as text: a header and a row for each sample, the labels, where there are some, in the last column.
std::string csv_text(const Dataset& data);

}  // namespace fokker
