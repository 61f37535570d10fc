// The verdict of a comparison in words.

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fokker/experiments/compare/compare.h"
#include "fokker/experiments/compare/errors.h"

namespace fokker {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t most_names = 6;

/// Lists the first names, and says how many more there are.
Names shortened(Names names) {
  if (names.size() <= most_names) return names;
  const std::size_t more = names.size() - most_names + 1;
  names.resize(most_names - 1);
  names.push_back(fmt::format("{} others", more));
  return names;
}

/// Joins names as "A", "A and B", "A, B and C".
std::string listed(const Names& names) {
  if (names.size() < 2) return names.empty() ? "" : names[0];
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

std::string bounds(const Interval& interval) {
  return std::isnan(interval.low) ? "" : fmt::format(" [{:.3g}, {:.3g}]", interval.low, interval.high);
}

const std::string& title(const Comparison& comparison, const Ranked& ranked) {
  return comparison.config.solver[ranked.solver].title();
}

/// Says whether the errors of the best solver can be told from those of exact samples; empty without seeds to tell.
std::string against_floor(const Comparison& comparison, std::size_t budget) {
  const auto& metric = comparison.config.metrics[0];
  const Ranked& best = comparison.rankings[budget][0];
  const Interval level = comparison.floor_interval(metric);
  if (std::isnan(best.p_exact)) return fmt::format("; exact samples reach {:.3g}", level.mean);
  if (best.exact) return fmt::format("; that is not told from exact samples, {:.3g}{}", level.mean, bounds(level));
  return fmt::format("; exact samples reach {:.3g}{}", level.mean, bounds(level));
}

std::string ties(const Comparison& comparison, const std::vector<Ranked>& ranking) {
  if (comparison.config.seeds < 2) return " One seed gives no intervals: the order may be noise.";
  Names tied;
  for (const Ranked& ranked : ranking)
    if (ranked.tied) tied.push_back(title(comparison, ranked));
  if (tied.size() > 1) return fmt::format(" Differences between {} are within noise.", listed(shortened(tied)));
  if (ranking.size() > 1) return " It beats every other solver here beyond noise.";
  return "";
}

/// Says which solvers have no place at a budget, and why.
std::string left_out(const Comparison& comparison, std::size_t budget) {
  Names failed, costly;
  for (std::size_t s = 0; s < comparison.cells.size(); ++s) {
    const auto& note = comparison.cells[s][budget].note;
    const auto& name = comparison.config.solver[s].title();
    if (note.starts_with("failed")) failed.push_back(name);
    if (note.starts_with("needs")) costly.push_back(fmt::format("{} {}", name, note));
  }
  std::string text;
  if (!failed.empty()) text += fmt::format(" {} failed with samples that are not finite.", listed(failed));
  if (!costly.empty()) text += fmt::format(" Too dear: {}.", listed(costly));
  return text;
}

std::string budget_line(const Comparison& comparison, std::size_t budget) {
  const auto& ranking = comparison.rankings[budget];
  const std::int64_t nfe = comparison.config.nfe[budget];
  if (ranking.empty()) return fmt::format("At {} NFE no solver has a result.{}", nfe, left_out(comparison, budget));
  return fmt::format("At {} NFE use {}: {} {:.3g}{}{}.{}{}", nfe, title(comparison, ranking[0]),
                     metric_title(comparison.config.metrics[0]), ranking[0].error.mean, bounds(ranking[0].error),
                     against_floor(comparison, budget), ties(comparison, ranking), left_out(comparison, budget));
}

/// Joins budgets with the same best solver in one clause, in the order of the budgets.
std::string headline(const Comparison& comparison) {
  std::vector<std::pair<std::string, Names>> clauses;
  for (std::size_t b = 0; b < comparison.rankings.size(); ++b) {
    if (comparison.rankings[b].empty()) continue;
    const std::string& best = title(comparison, comparison.rankings[b][0]);
    if (clauses.empty() || clauses.back().first != best) clauses.push_back({best, {}});
    const auto tied = std::ranges::count_if(comparison.rankings[b], &Ranked::tied) - 1;
    clauses.back().second.push_back(
        fmt::format("{}{}", comparison.config.nfe[b], tied > 0 ? fmt::format(" ({} more within noise)", tied) : ""));
  }
  Names parts;
  for (const auto& [best, budgets] : clauses) parts.push_back(fmt::format("{} at NFE {}", best, listed(budgets)));
  return parts.empty() ? "No solver has a result." : fmt::format("Least error: {}.", fmt::join(parts, "; "));
}

}  // namespace

std::vector<std::string> verdict_text(const Comparison& comparison) {
  std::vector<std::string> lines = {headline(comparison)};
  for (std::size_t b = 0; b < comparison.config.nfe.size(); ++b) lines.push_back(budget_line(comparison, b));
  return lines;
}

}  // namespace fokker
