#include <fmt/ranges.h>

#include "fokker/core/base/registry.h"
#include "fokker/core/io/file.h"
#include "fokker/experiments/application_registry.h"
#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/data/registry.h"
#include "fokker/experiments/data/shipped.h"
#include "fokker/solvers/langevin/chains.h"
#include "fokker/solvers/sampling/registry.h"

namespace fokker {
namespace {

using Lines = std::vector<std::string>;

template <class Entries>
Lines described(const Entries& entries) {
  Lines lines;
  for (const auto& entry : entries) lines.push_back(fmt::format("{:<20} {}", entry.name, entry.description));
  return lines;
}

Lines solvers() {
  Lines lines{fmt::format("{:<20} {:<9} {:<7} {:<7}", "by default:", "grid", "clock", "end")};
  for (const SolverSummary& solver : solver_summaries())
    lines.push_back(fmt::format("{:<20} {:<9} {:<7} {:<7} {}", solver.name, solver.defaults.grid, solver.defaults.clock,
                                solver.defaults.denoise ? "denoise" : "t_min", solver.text));
  return lines;
}

Lines methods() {
  Lines lines;
  for (const LangevinMethod& method : langevin_methods())
    lines.push_back(fmt::format("{:<20} {}", method.name, method.text));
  return lines;
}

/// Lists the configs, each with its first comment.
Lines configs() {
  Lines lines;
  for (const auto& config : shipped_configs()) {
    const std::string text = read_text_file(config);
    const std::string first = text.substr(0, text.find('\n'));
    lines.push_back(
        fmt::format("{:<32} {}", config.filename().string(), first.starts_with("# ") ? first.substr(2) : ""));
  }
  return lines;
}

struct Kind {
  const char* name;
  Lines (*lines)();
};

const Kind kinds[] = {
    {"configs", configs},
    {"datasets", [] { return described(dataset_entries()); }},
    {"sdes", [] { return sde_names(); }},
    {"networks", [] { return described(network_entries()); }},
    {"objectives", [] { return described(objective_entries()); }},
    {"solvers", solvers},
    {"langevin", methods},
    {"applications", [] { return described(application_entries()); }},
    {"metrics", [] { return described(metric_entries()); }},
    {"preparation", [] { return described(preparation_steps()); }},
    {"keys", [] { return key_lines(describe<Experiment>()); }},
    {"schema", [] { return Lines{json_schema<Experiment>()}; }},
};
const Registry table("[list]", kinds);

}  // namespace

std::vector<std::string> key_lines(const std::vector<ConfigRow>& rows) {
  Lines lines;
  for (const ConfigRow& row : rows)
    lines.push_back(fmt::format("{:<28} {:<14} {:<22} {}{}{}", row.key, row.type, row.fallback, row.help,
                                row.bounds.empty() ? "" : "; ", row.bounds));
  return lines;
}

std::vector<std::string> list_kinds() { return table.names(); }

int list_command(const std::string& kind, const RunOptions& options) {
  if (kind.empty()) {
    options.say(fmt::format("fokker list {}", fmt::join(list_kinds(), " | ")));
    return 0;
  }
  for (const auto& line : table.at(kind).lines()) options.say(line);
  return 0;
}

}  // namespace fokker
