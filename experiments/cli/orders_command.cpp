#include "fokker/core/io/file.h"
#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/compare/order_report.h"

namespace fokker {

int orders_command(const std::vector<std::string>& solvers, StrongOrderConfig config, const std::filesystem::path& out,
                   const RunOptions& options) {
  if (!out.empty()) require_file_place(out);
  config.progress = options.watching("paths");
  const auto rows = order_table(solvers, config);
  for (const auto& line : order_lines(rows)) options.say(line);
  if (!out.empty()) {
    order_file(rows, config).save(out);
    options.say("wrote    " + out.string());
  }
  const std::string wrong = broken_claims(rows);
  require<NumericalError>(wrong.empty(), "{}", wrong);
  return 0;
}

}  // namespace fokker
