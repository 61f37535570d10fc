#include "fokker/experiments/applications/synthesise.h"

#include "fokker/experiments/applications/inputs.h"
#include "fokker/experiments/data/csv_table.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/score/guidance/condition.h"

namespace fokker {

void SynthesiseConfig::check(const Model& model) const {
  require<ConfigError>(model.system.network->classes() > 0,
                       "[synthesise] the network takes no labels; train one with network.classes above 0");
  synthesis_labels(model.data().training.labels, *this);
}

Findings synthesise(const TrainedRun& run, const SynthesiseConfig& config, const ApplicationInput& input,
                    const RunOptions& options) {
  require_no_input(input, "synthesise");
  const Prepared& data = run.model.data();
  config.check(run.model);
  const DrawLabelled draw = [&](const std::vector<std::int64_t>& labels) {
    GenerateConfig how;
    static_cast<SampleConfig&>(how) = config.sampler;
    how.labels = labels;
    how.n = std::ssize(labels);
    how.guidance = config.guidance;
    SampleOptions sampling{.shape = run.model.sample_shape};
    sampling.progress = options.watching("synthesise");
    const Tensor x = sample(guided_score(run.model.system, how), *run.model.sde, how, sampling).values;
    if (data.training.features.empty()) return x;
    return data.scaling.apply(as_categories(data.scaling.invert(x), data.training.features));
  };
  return synthesise(draw, data, config);
}

}  // namespace fokker
