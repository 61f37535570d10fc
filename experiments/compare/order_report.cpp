#include "fokker/experiments/compare/order_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "fokker/experiments/runs/results.h"

namespace fokker {
namespace {

std::string line(const OrderRow& row) {
  const std::string interval = row.measured.half_width > 0
                                   ? fmt::format("{:.3f} ± {:.3f}", row.measured.value, row.measured.half_width)
                                   : fmt::format("{:.3f}        ", row.measured.value);
  const std::string verdict = row.verdict();
  return fmt::format("{:<17} {:<6} {:<25} {:<8} {:<12} {:>8} {:>15} {:>11}{}", row.solver, row.kind, row.problem,
                     to_string(row.noise), calculus_of(row), row.declared, interval,
                     row.evaluations > 0 ? std::to_string(row.evaluations) : "varies",
                     verdict == "agrees" ? "" : "  " + verdict);
}

std::int64_t with_verdict(std::span<const OrderRow> rows, const std::string& verdict) {
  return std::ranges::count(rows, verdict, &OrderRow::verdict);
}

/// Writes one text for each row, each on a line of an attribute.
template <class Text>
void write_texts(Hdf5File& file, std::span<const OrderRow> rows, const char* name, const Text& text) {
  std::string joined;
  for (const OrderRow& row : rows) joined += (&row == rows.data() ? "" : "\n") + std::string(text(row));
  file.set_attribute("/orders", name, Attribute(joined));
}

template <class Value>
void write_values(Hdf5File& file, std::span<const OrderRow> rows, const char* name, const Value& value) {
  std::vector<double> column;
  for (const OrderRow& row : rows) column.push_back(value(row));
  file.write(std::string("/orders/") + name,
             Tensor::from(column, {static_cast<std::int64_t>(column.size())}, Dtype::f64), {"row"});
}

}  // namespace

const char* calculus_of(const OrderRow& row) {
  return row.noise == Noise::additive || row.noise == Noise::none ? "either" : to_string(row.calculus);
}

std::vector<std::string> order_lines(std::span<const OrderRow> rows) {
  std::vector<std::string> lines = {fmt::format("{:<17} {:<6} {:<25} {:<8} {:<12} {:>8} {:>15} {:>11}", "solver",
                                                "order", "problem", "noise", "calculus", "declared", "measured   ",
                                                "evaluations")};
  for (const OrderRow& row : rows) lines.push_back(line(row));
  const std::int64_t undecided = with_verdict(rows, "undecided");
  std::string end = fmt::format("{} orders, {} lower and {} higher than declared by more than {}", rows.size(),
                                with_verdict(rows, "lower"), with_verdict(rows, "higher"), MeasuredOrder::margin);
  if (undecided > 0) end += fmt::format("; {} have too wide an interval to tell: take more paths", undecided);
  lines.push_back(end);
  return lines;
}

std::string broken_claims(std::span<const OrderRow> rows) {
  std::string text;
  for (const OrderRow& row : rows)
    if (row.verdict() == "lower")
      text += fmt::format("{}{} has {} order {:.3f} on {}, not {}", text.empty() ? "" : "\n", row.solver, row.kind,
                          row.measured.value, row.problem, row.declared);
  return text;
}

Hdf5File order_file(std::span<const OrderRow> rows, const StrongOrderConfig& config) {
  Hdf5File file;
  write_identity(file, "sde-orders", fmt::format("paths = {}\nseed = {}\n", config.paths, config.seed));
  file.set_attribute("/", "paths", Attribute(config.paths));
  file.set_attribute("/", "seed", Attribute(static_cast<std::int64_t>(config.seed)));
  write_values(file, rows, "declared", [](const OrderRow& row) { return row.declared; });
  write_values(file, rows, "measured", [](const OrderRow& row) { return row.measured.value; });
  write_values(file, rows, "half_width", [](const OrderRow& row) { return row.measured.half_width; });
  write_values(file, rows, "evaluations", [](const OrderRow& row) { return row.evaluations; });
  write_texts(file, rows, "solver", [](const OrderRow& row) { return row.solver; });
  write_texts(file, rows, "kind", [](const OrderRow& row) { return row.kind; });
  write_texts(file, rows, "problem", [](const OrderRow& row) { return row.problem; });
  write_texts(file, rows, "noise", [](const OrderRow& row) { return to_string(row.noise); });
  write_texts(file, rows, "calculus", calculus_of);
  write_texts(file, rows, "verdict", [](const OrderRow& row) { return row.verdict(); });
  return file;
}

}  // namespace fokker
