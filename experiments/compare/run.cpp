#include "fokker/experiments/compare/run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "fokker/core/io/file.h"
#include "fokker/experiments/compare/errors.h"
#include "fokker/experiments/compare/plot.h"
#include "fokker/experiments/compare/report.h"
#include "fokker/experiments/runs/provenance.h"
#include "fokker/experiments/runs/run_directory.h"
#include "fokker/experiments/runs/run_files.h"
#include "fokker/experiments/runs/utc.h"

namespace fokker {
namespace {

std::string with_bounds(const Interval& interval) {
  if (std::isnan(interval.low)) return fmt::format("{:.4g}", interval.mean);
  return fmt::format("{:.4g} [{:.3g}, {:.3g}]", interval.mean, interval.low, interval.high);
}

void budget_table(const Comparison& comparison, std::size_t budget, std::size_t width,
                  std::vector<std::string>& lines) {
  const auto& config = comparison.config;
  lines.push_back(fmt::format("{} NFE", config.nfe[budget]));
  lines.push_back(fmt::format("  {:>2} {:<{}} {:>5} {:>6} {:>26} {:>9} {:>11}", "", "solver", width, "steps", "NFE",
                              config.metrics[0], "seconds", "samples/s"));
  int place = 0;
  for (const Ranked& ranked : comparison.rankings[budget]) {
    const CompareCell& cell = comparison.cells[ranked.solver][budget];
    const double seconds = comparison.least_seconds(ranked.solver, budget);
    ++place;
    const std::string steps = cell.tolerance > 0 ? "tol" : std::to_string(cell.steps);
    lines.push_back(fmt::format(
        "  {:>2} {:<{}} {:>5} {:>6.4g} {:>26} {:>9.3g} {:>11.3g}{}", place, config.solver[ranked.solver].title(), width,
        steps, mean_interval(cell.nfe, config.confidence).mean, with_bounds(ranked.error), seconds,
        static_cast<double>(config.n) / seconds, ranked.tied && place > 1 ? "  within noise of the best" : ""));
  }
  lines.push_back(fmt::format("   - {:<{}} {:>5} {:>6} {:>26}", "(exact samples)", width, "", "",
                              with_bounds(comparison.floor_interval(config.metrics[0]))));
  for (std::size_t s = 0; s < comparison.cells.size(); ++s)
    if (!comparison.cells[s][budget].note.empty())
      lines.push_back(fmt::format("   - {:<{}} {}", config.solver[s].title(), width, comparison.cells[s][budget].note));
}

CompareOptions under(const RunOptions& options) {
  CompareOptions result;
  result.progress = [&options](std::string_view task, std::int64_t done, std::int64_t total) {
    options.show(task, done, total);
    return !options.stopping();
  };
  return result;
}

/// In the folder that `make_directory` gives when all settings have been tried.
template <class Make>
std::filesystem::path execute(const CompareConfig& config, const RunOptions& options, Make&& make_directory) {
  const CompareTarget target = make_target(config.target, config.sde);
  std::optional<RunDirectory> directory;
  const auto say = [&](const std::string& line) {
    directory->log(line);
    options.say(line);
  };
  CompareOptions how = under(options);
  how.planned = [&] {
    directory.emplace(make_directory());
    directory->update_status(provenance_json(options.command_line));
    directory->update_status(fmt::format(R"({{"status": "running", "started": "{}"}})", utc_now()));
    say(fmt::format("target   {}", target.description));
    say(fmt::format("compare  {} solvers × {} NFE × {} seeds, {} samples each", config.solver.size(),
                    fmt::join(config.nfe, ", "), config.seeds, config.n));
  };
  try {
    const Comparison comparison = compare(target, config, how);
    save_comparison(comparison, directory->path());
    for (const auto& line : comparison_table(comparison)) say(line);
    for (const auto& line : comparison.verdict) say(line);
    for (const char* name : {"report.html", "results.h5", "work_precision.svg"})
      say(fmt::format("wrote    {}", directory->file(name).string()));
    directory->update_status(status_json("done", ""));
  } catch (const std::exception& error) {
    const bool stopped = dynamic_cast<const Cancelled*>(&error) != nullptr;
    try {
      if (directory)
        directory->update_status(status_json(stopped ? "stopped" : "failed", stopped ? "signal" : error.what()));
    } catch (const IoError&) {  // a full disk: the first error says so
    }
    throw;
  }
  return directory->path();
}

}  // namespace

std::vector<std::string> comparison_table(const Comparison& comparison) {
  std::size_t width = 15;
  for (const auto& solver : comparison.config.solver) width = std::max(width, solver.title().size());
  std::vector<std::string> lines = {
      fmt::format("     {:<{}} {:<19} {:<9} {:<7} {}", "sampler", width, "solver", "grid", "clock", "end")};
  for (const auto& solver : comparison.config.solver)
    lines.push_back(fmt::format("     {:<{}} {:<19} {:<9} {:<7} {}", solver.title(), width, solver.solver, *solver.grid,
                                *solver.clock, end_of(solver)));
  for (std::size_t b = 0; b < comparison.config.nfe.size(); ++b) budget_table(comparison, b, width, lines);
  return lines;
}

void save_comparison(const Comparison& comparison, const std::filesystem::path& folder) {
  make_folder(folder);
  comparison_file(comparison).save(folder / "results.h5");
  write_file_atomically(folder / "work_precision.svg", work_precision_svg(comparison));
  write_file_atomically(folder / "report.html", comparison_report(comparison));
}

std::filesystem::path run_comparison(const CompareConfig& given, const std::filesystem::path& out,
                                     const RunOptions& options) {
  const CompareConfig config = resolved(given);
  require_file_name(config.name, "name");
  if (!out.empty()) RunDirectory::require_new(out), require_folder_place(out);
  return execute(config, options, [&] {
    const std::string text = dump(config);
    return RunDirectory::create(out.empty() ? default_run_path(config.name, text) : out, text);
  });
}

bool holds_comparison(const std::filesystem::path& folder) {
  const auto config = folder / "config.toml";
  std::error_code failure;
  return std::filesystem::is_regular_file(config, failure) &&
         read_text_file(config).find("\nnfe = ") != std::string::npos;  // also where other lines are damaged
}

void resume_comparison(const std::filesystem::path& folder, const RunOptions& options) {
  RunDirectory directory = RunDirectory::open(folder);
  require_intact(folder, "config.toml", "put the old one back, or compare again in another --out");
  execute(read_comparison(folder / "config.toml"), options, [&] { return std::move(directory); });
}

}  // namespace fokker
