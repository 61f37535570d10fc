#include "fokker/experiments/csv_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "fokker/core/config.h"
#include "fokker/core/file.h"

namespace fokker {
namespace {

using Cells = std::vector<std::string>;

/// The next row from `at` on; quotes may hold commas, line ends and doubled quotes.
Cells next_row(const std::string& text, std::size_t& at) {
  Cells row(1);
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"')
        row.back() += c;
      else if (at + 1 < text.size() && text[at + 1] == '"')
        row.back() += text[++at];
      else
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  return row;
}

/// NaN for an empty cell, nothing for text.
std::optional<double> number(const std::string& cell) {
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

struct Columns {
  Cells names;
  std::vector<Cells> cells;  // of each column

  std::int64_t rows() const { return cells.empty() ? 0 : std::ssize(cells.front()); }
};

Columns read_columns(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t at = 0;
  Columns table{next_row(text, at), {}};
  const std::set<std::string> distinct(table.names.begin(), table.names.end());
  require<ConfigError>(distinct.size() == table.names.size(), "{}: expected columns of different names, got {}",
                       file.string(), fmt::join(table.names, ", "));
  table.cells.resize(table.names.size());
  for (std::int64_t line = 2; at < text.size(); ++line) {
    const Cells row = next_row(text, at);
    if (row.size() == 1 && row[0].empty()) continue;
    require<ConfigError>(row.size() == table.names.size(), "{}: expected {} cells in row {}, got {}", file.string(),
                         table.names.size(), line, row.size());
    for (std::size_t j = 0; j < row.size(); ++j) table.cells[j].push_back(row[j]);
  }
  require<ConfigError>(table.rows() > 0, "{}: expected a header and at least one row", file.string());
  return table;
}

Cells distinct_texts(const Cells& cells) {
  const std::set<std::string> texts(cells.begin(), cells.end());
  return {texts.begin(), texts.end()};
}

bool numeric(const Cells& cells) {
  return std::ranges::all_of(cells, [](const auto& cell) { return number(cell).has_value(); });
}

/// Classes in rising order of the numbers, or of the texts.
void add_classes(Dataset& data, const Cells& cells, const std::string& where) {
  Cells texts = distinct_texts(cells);
  if (numeric(cells)) {
    for (const auto& text : texts)
      require<ConfigError>(std::floor(*number(text)) == *number(text),
                           "{} expected classes, texts or whole numbers, got \"{}\"; name the column of labels as "
                           "csv:PATH,NAME, or csv:PATH,- for none",
                           where, text);
    std::ranges::sort(texts, {}, [](const auto& text) { return *number(text); });
  }
  for (const auto& cell : cells) data.labels.push_back(std::ranges::find(texts, cell) - texts.begin());
  data.label_texts = std::move(texts);
}

/// Columns of the matrix, one after the other.
struct Matrix {
  std::vector<std::string> features;
  std::vector<std::vector<float>> columns;

  void add(const std::string& name, const Cells& cells) {
    if (numeric(cells)) {
      features.push_back(name);
      columns.emplace_back();
      for (const auto& cell : cells) columns.back().push_back(static_cast<float>(*number(cell)));
      return;
    }
    for (const auto& text : distinct_texts(cells)) {
      features.push_back(name + "=" + text);
      columns.emplace_back();
      for (const auto& cell : cells) columns.back().push_back(cell == text ? 1.0f : 0.0f);
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

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
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

Dataset read_csv_table(const std::filesystem::path& file, const std::string& label) {
  const Columns table = read_columns(file);
  Dataset data{.name = file.filename().string(), .source = file.string()};
  const std::string& chosen = label.empty() ? table.names.back() : label;
  require<ConfigError>(chosen == "-" || std::ranges::find(table.names, chosen) != table.names.end(),
                       "{}: expected a label among the columns {}, got \"{}\"", file.string(),
                       fmt::join(table.names, ", "), chosen);
  Matrix matrix;
  for (std::size_t j = 0; j < table.names.size(); ++j) {
    if (table.names[j] == chosen)
      add_classes(data, table.cells[j], fmt::format("{}: column {}:", file.string(), chosen));
    else
      matrix.add(table.names[j], table.cells[j]);
  }
  require<ConfigError>(!matrix.columns.empty(), "{}: expected a column beside the label", file.string());
  data.features = matrix.features;
  if (chosen != "-") data.label_name = chosen;
  data.x = matrix.tensor(table.rows());
  return data;
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
