#include "fokker/experiments/applications/own_table.h"

namespace fokker {

void forget_times(SampleConfig& table, const Config& settings) {
  for (const char* key : {"steps", "grid", "t_min"})
    if (settings.root().find(key)) table.times.clear();
}

GenerateConfig own_samples(const std::vector<GenerateConfig>& tables, const Config& settings) {
  const ConfigNode* solver = settings.root().find("solver");
  std::vector<GenerateConfig> fitting = tables;
  if (solver) std::erase_if(fitting, [&](const GenerateConfig& table) { return table.solver != solver->text; });
  return own_table(fitting, settings);
}

}  // namespace fokker
