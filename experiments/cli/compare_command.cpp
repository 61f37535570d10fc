#include "fokker/experiments/cli/commands.h"
#include "fokker/experiments/compare/run.h"

namespace fokker {

int compare_command(const std::filesystem::path& config, const std::vector<std::string>& overrides,
                    const std::filesystem::path& out, const RunOptions& options) {
  run_comparison(read_comparison(config, overrides), out, options);
  return 0;
}

}  // namespace fokker
