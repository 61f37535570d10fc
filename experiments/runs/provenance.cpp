#include "fokker/experiments/runs/provenance.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fokker/core/base/parallel.h"
#include "fokker/core/kernels/kernels.h"
#include "fokker/experiments/runs/run_directory.h"

namespace fokker {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string host() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace

std::string version() { return FOKKER_VERSION; }

std::string provenance_json(const std::vector<std::string>& command_line) {
  const nlohmann::json json = {{"version", version()},
                               {"compiler", FOKKER_COMPILER},
                               {"build_type", FOKKER_BUILD_TYPE},
                               {"libraries", FOKKER_LIBRARIES},
                               {"cpu", cpu_model()},
                               {"host", host()},
                               {"instruction_set", kernels::table().name},
                               {"threads", thread_count()},
                               {"command_line", command_line}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace fokker
