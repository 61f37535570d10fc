#include "fokker/experiments/data/csv_cells.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "fokker/core/base/error.h"
#include "fokker/core/base/memory.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

/// The default na_values of pandas.read_csv.
constexpr std::array<std::string_view, 19> missing_words = {
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};

using Cells = std::vector<std::string>;

class Reader {
 public:
  Reader(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  bool ended() const { return at_ >= text_.size(); }
  std::int64_t line() const { return line_; }

  /// Reads the next row and moves to the place after its line end.
  Cells row() {
    Cells cells(1);
    while (!ended()) {
      const char c = text_[at_++];
      if (c == '"' && cells.back().empty()) {
        read_quoted(cells.back());
      } else if (c == ',') {
        cells.emplace_back();
      } else if (c == '\n' || c == '\r') {
        if (c == '\r' && !ended() && text_[at_] == '\n') ++at_;
        ++line_;
        break;
      } else {
        cells.back() += c;
      }
    }
    return cells;
  }

 private:
  /// Reads a quoted cell after its opening quote.  A doubled quote stands for one.
  void read_quoted(std::string& cell) {
    const std::int64_t first = line_;
    while (true) {
      require<ConfigError>(!ended(), "{}:{}: the quote that begins here does not end", file_, first);
      const char c = text_[at_++];
      if (c == '"' && (ended() || text_[at_] != '"')) return;
      if (c == '"') ++at_;
      line_ += c == '\n';
      cell += c;
    }
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

void check_names(const Cells& names, const std::string& file) {
  std::set<std::string_view> seen;
  for (const auto& name : names) {
    require<ConfigError>(seen.insert(name).second, "{}: expected columns of different names, got \"{}\" twice", file,
                         name);
    require<ConfigError>(name.find('=') == std::string::npos,
                         "{}: column \"{}\": expected a name without \"=\", which stands between the name and the "
                         "text of a category; rename it",
                         file, name);
  }
}

/// The memory that the cells take as texts, beside the file itself.
void check_memory(std::string_view text, const std::string& file) {
  const auto cells = std::ranges::count_if(text, [](char c) { return c == ',' || c == '\n' || c == '\r'; });
  require_memory(text.size() + 2 * sizeof(std::string) * static_cast<std::uint64_t>(cells), file);
}

std::string_view without_blanks(std::string_view cell) {
  const auto first = cell.find_first_not_of(" \t");
  return first == std::string_view::npos ? "" : cell.substr(first, cell.find_last_not_of(" \t") - first + 1);
}

}  // namespace

CsvCells read_csv_cells(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  CsvCells table{.file = path.string(), .columns = {}, .lines = {}};
  check_memory(text, table.file);
  Reader reader(text, table.file);
  const Cells names = reader.row();
  check_names(names, table.file);
  for (const auto& name : names) table.columns.push_back({name, {}});
  while (!reader.ended()) {
    const std::int64_t line = reader.line();
    Cells row = reader.row();
    if (row.size() == 1 && row[0].empty()) continue;
    require<ConfigError>(row.size() == names.size(), "{}:{}: expected {} cells, got {}", table.file, line, names.size(),
                         row.size());
    table.lines.push_back(line);
    for (std::size_t j = 0; j < row.size(); ++j) table.columns[j].cells.push_back(std::move(row[j]));
  }
  require<ConfigError>(table.rows() > 0, "{}: expected a header and at least one row", table.file);
  return table;
}

bool is_missing(const std::string& cell) { return std::ranges::find(missing_words, cell) != missing_words.end(); }

std::optional<double> cell_number(const std::string& cell) {
  std::string_view text = without_blanks(cell);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument || std::isnan(value)) return {};
  if (error == std::errc::result_out_of_range) {
    const bool small = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
    value = small ? 0 : std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -value : value;
  }
  return value;
}

}  // namespace fokker
