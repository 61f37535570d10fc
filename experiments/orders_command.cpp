#include "fokker/experiments/commands.h"
#include "fokker/experiments/order_report.h"

namespace fokker {

int orders_command(const std::vector<std::string>& solvers, StrongOrderConfig config, const std::filesystem::path& out,
                   const RunOptions& options) {
  config.progress = [&](std::int64_t done, std::int64_t total) {
    if (options.progress) options.progress("paths", done, total);
    return !(options.stop && options.stop());
  };
  const auto rows = order_table(solvers, config);
  if (options.line)
    for (const auto& line : order_lines(rows)) options.line(line);
  if (!out.empty()) {
    order_file(rows, config).save(out);
    if (options.line) options.line("wrote    " + out.string());
  }
  const std::string wrong = broken_claims(rows);
  require<NumericalError>(wrong.empty(), "{}", wrong);
  return 0;
}

}  // namespace fokker
