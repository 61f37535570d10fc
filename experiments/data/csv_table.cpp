#include "fokker/experiments/data/csv_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "fokker/core/base/error.h"
#include "fokker/core/base/memory.h"
#include "fokker/experiments/data/csv_cells.h"

namespace fokker {
namespace {

using Cells = std::vector<std::string>;

constexpr std::size_t most_texts = 1000;  // texts of a column; a table of more is a mistake, and takes the memory

/// A cell of a column, for messages: "people.csv:17: column age".
std::string place_of(const CsvCells& table, const CsvColumn& column, std::size_t row) {
  return fmt::format("{}:{}: column {}", table.file, table.lines[row], column.name);
}

/// The texts of the cells that are not missing, in rising order.
Cells distinct_texts(const CsvColumn& column) {
  std::set<std::string> texts;
  for (const auto& cell : column.cells)
    if (!is_missing(cell)) texts.insert(cell);
  return {texts.begin(), texts.end()};
}

/// The first row that is neither missing nor a number; the number of rows where there is none.
std::size_t first_text(const CsvColumn& column) {
  const auto text = [](const auto& cell) { return !is_missing(cell) && !cell_number(cell); };
  return static_cast<std::size_t>(std::ranges::find_if(column.cells, text) - column.cells.begin());
}

bool has_numbers(const CsvColumn& column) {
  return std::ranges::any_of(column.cells, [](const auto& cell) { return !is_missing(cell) && cell_number(cell); });
}

/// Whether a column is one of texts.  Columns that are declared so, or that hold no number, are.
bool categorical(const CsvCells& table, const CsvColumn& column, const Cells& declared) {
  if (std::ranges::find(declared, column.name) != declared.end()) return true;
  const std::size_t row = first_text(column);
  if (row == column.cells.size()) return false;
  require<ConfigError>(!has_numbers(column),
                       "{}: expected a number, as in other rows, got \"{}\"; correct it, write NA where the value is "
                       "missing, or declare the column categorical: csv:PATH,LABEL,{}",
                       place_of(table, column, row), column.cells[row], column.name);
  return true;
}

/// The classes in rising order of the numbers, or of the texts.
void add_classes(Dataset& data, const CsvCells& table, const CsvColumn& column) {
  Cells texts = distinct_texts(column);
  const bool numbers = first_text(column) == column.cells.size();
  if (numbers) std::ranges::sort(texts, {}, [](const auto& text) { return *cell_number(text); });
  std::map<std::string, std::int64_t> classes;
  for (const auto& text : texts) classes.emplace(text, std::ssize(classes));
  for (std::size_t row = 0; row < column.cells.size(); ++row) {
    const std::string& cell = column.cells[row];
    require<ConfigError>(!is_missing(cell), "{}: expected a class, got a missing one; remove the row or name a class",
                         place_of(table, column, row));
    require<ConfigError>(!numbers || std::floor(*cell_number(cell)) == *cell_number(cell),
                         "{}: expected classes, texts or whole numbers, got \"{}\"; name the column of labels as "
                         "csv:PATH,NAME, or csv:PATH,- for none",
                         place_of(table, column, row), cell);
    data.labels.push_back(classes.at(cell));
  }
  data.label_texts = std::move(texts);
}

/// Builds the columns of the matrix, one after the other.
struct Matrix {
  std::vector<std::string> features;
  std::vector<std::vector<float>> columns;

  void add_numbers(const CsvColumn& column) {
    features.push_back(column.name);
    auto& values = columns.emplace_back();
    for (const auto& cell : column.cells)
      values.push_back(is_missing(cell) ? NAN : static_cast<float>(*cell_number(cell)));
  }
  /// A missing text is missing at each place.
  void add_texts(const CsvCells& table, const CsvColumn& column) {
    const Cells texts = distinct_texts(column);
    require<ConfigError>(texts.size() <= most_texts,
                         "{}: column {}: expected at most {} different texts of a categorical column, got {}; remove "
                         "the column",
                         table.file, column.name, most_texts, texts.size());
    require_memory((columns.size() + texts.size()) * column.cells.size() * 2 * sizeof(float), table.file);
    for (const auto& text : texts) {
      features.push_back(column.name + "=" + text);
      auto& values = columns.emplace_back();
      for (const auto& cell : column.cells) values.push_back(is_missing(cell) ? NAN : cell == text ? 1.0f : 0.0f);
    }
  }
  Tensor tensor(std::int64_t rows) const {
    const auto width = std::ssize(columns);
    Tensor x = Tensor::empty({rows, width});
    auto values = x.data<float>();
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < width; ++j) values[i * width + j] = columns[j][i];
    return x;
  }
};

/// Checks a name against those of the table.  Throws ConfigError naming these.
void check_name(const CsvCells& table, const std::string& name, const char* what) {
  Cells names;
  for (const auto& column : table.columns) names.push_back(column.name);
  require<ConfigError>(std::ranges::find(names, name) != names.end(),
                       "{}: expected a {} among the columns {}, got \"{}\"", table.file, what, fmt::join(names, ", "),
                       name);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

void check(const Tensor& x, const std::vector<std::string>& features) {
  require<ShapeError>(x.rank() == 2 && x.extent(1) == std::ssize(features),
                      "[table] expected [N, {}], the columns that have names, got {}", features.size(),
                      to_string(x.shape()));
}

}  // namespace

Dataset read_csv_table(const std::filesystem::path& file, const std::string& label, const Cells& declared) {
  const CsvCells table = read_csv_cells(file);
  Dataset data{.name = file.filename().string(), .source = file.string()};
  const std::string& chosen = label.empty() ? table.columns.back().name : label;
  if (chosen != "-") check_name(table, chosen, "label");
  for (const auto& name : declared) check_name(table, name, "categorical column");
  Matrix matrix;
  for (const CsvColumn& column : table.columns) {
    if (column.name == chosen)
      add_classes(data, table, column);
    else if (categorical(table, column, declared))
      matrix.add_texts(table, column);
    else
      matrix.add_numbers(column);
  }
  require<ConfigError>(!matrix.columns.empty(), "{}: expected a column beside the label", file.string());
  data.features = matrix.features;
  if (chosen != "-") data.label_name = chosen;
  data.x = matrix.tensor(table.rows());
  return data;
}

std::string categorical_columns(const std::vector<std::string>& features) {
  Cells columns;
  for (const ColumnGroup& group : column_groups(features))
    if (!group.texts.empty()) columns.push_back(fmt::format("{} ({} texts)", group.name, group.texts.size()));
  return fmt::format("{}", fmt::join(columns, ", "));
}

std::vector<ColumnGroup> column_groups(const std::vector<std::string>& features) {
  std::vector<ColumnGroup> groups;
  for (std::size_t j = 0; j < features.size(); ++j) {
    const auto mark = features[j].find('=');
    const std::string name = features[j].substr(0, mark);
    const bool category = mark != std::string::npos;
    if (!category || groups.empty() || groups.back().name != name || groups.back().texts.empty())
      groups.push_back({name, static_cast<std::int64_t>(j), {}});
    if (category) groups.back().texts.push_back(features[j].substr(mark + 1));
  }
  return groups;
}

Tensor as_categories(const Tensor& x, const std::vector<std::string>& features) {
  check(x, features);
  Tensor result = x.clone();
  auto values = result.data<float>();
  const std::int64_t width = x.extent(1);
  for (const ColumnGroup& group : column_groups(features)) {
    if (group.texts.empty()) continue;
    for (std::int64_t i = 0; i < x.extent(0); ++i) {
      const auto places = values.subspan(i * width + group.first, group.width());
      const auto largest = std::ranges::max_element(places) - places.begin();
      std::ranges::fill(places, 0.0f);
      places[largest] = 1;
    }
  }
  return result;
}

std::string csv_text(const Dataset& data) {
  const Tensor x = as_categories(data.x, data.features);
  const auto values = std::as_const(x).data<float>();
  const auto groups = column_groups(data.features);
  std::vector<std::string> row;
  for (const auto& group : groups) row.push_back(quoted(group.name));
  if (!data.labels.empty()) row.push_back(quoted(data.label_name));
  std::string out = fmt::format("{}\n", fmt::join(row, ","));
  for (std::int64_t i = 0; i < x.extent(0); ++i) {
    row.clear();
    for (const auto& group : groups) {
      const auto places = values.subspan(i * x.extent(1) + group.first, group.width());
      row.push_back(group.texts.empty() ? fmt::format("{}", places[0])
                                        : quoted(group.texts[std::ranges::max_element(places) - places.begin()]));
    }
    if (!data.labels.empty())
      row.push_back(data.label_texts.empty() ? fmt::format("{}", data.labels[i])
                                             : quoted(data.label_texts[data.labels[i]]));
    out += fmt::format("{}\n", fmt::join(row, ","));
  }
  return out;
}

}  // namespace fokker
