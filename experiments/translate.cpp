#include "fokker/experiments/translate.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/findings.h"
#include "fokker/experiments/inputs.h"
#include "fokker/score/condition.h"
#include "fokker/solvers/latent.h"

namespace fokker {
namespace {

constexpr std::int64_t shown = 16;

/// Inputs and, where the data have pairs, the same things under the other label; in the units of the data.
struct Paired {
  Tensor x, truth = {};
};

Paired held_out_pairs(const TrainedRun& run, const TranslateConfig& config) {
  const Dataset data = in_data_units(run.model.data.held_out, run.model.data);
  std::vector<std::int64_t> inputs, truths;
  for (std::int64_t row = 0; row < std::ssize(data.labels); ++row) {
    if (data.labels[static_cast<std::size_t>(row)] != config.from) continue;
    if (config.n > 0 && std::ssize(inputs) == config.n) break;
    inputs.push_back(row);
    for (std::int64_t other = 0; other < std::ssize(data.pairs); ++other)
      if (data.pairs[static_cast<std::size_t>(other)] == data.pairs[static_cast<std::size_t>(row)] &&
          data.labels[static_cast<std::size_t>(other)] == config.to)
        truths.push_back(other);
  }
  require<ConfigError>(!inputs.empty(), "[translate] the run held out no samples of the label {}", config.from);
  const bool paired = truths.size() == inputs.size();
  return {gather(data.x, inputs), paired ? gather(data.x, truths) : Tensor{}};
}

/// Root mean square difference of each row.
std::vector<double> distances(const Tensor& a, const Tensor& b) {
  const std::vector<double> d = (a - b).to_vector();
  const std::size_t rows = static_cast<std::size_t>(a.extent(0)), width = d.size() / rows;
  std::vector<double> result(rows);
  for (std::size_t i = 0; i < d.size(); ++i) result[i / width] += d[i] * d[i] / static_cast<double>(width);
  for (double& v : result) v = std::sqrt(v);
  return result;
}

Score under(const TrainedRun& run, std::int64_t label, const char* key) {
  require_labels(*run.model.system.network, {label}, key);
  return run.model.system.score({.labels = {label}});
}

void compare(Findings& findings, const Tensor& x, const Tensor& translated, const Tensor& truth) {
  const auto of_result = distances(translated, truth), of_copy = distances(x, truth);
  std::int64_t nearer = 0;
  for (std::size_t i = 0; i < of_copy.size(); ++i) nearer += of_result[i] < of_copy[i];
  findings.figures.push_back(mean_figure("distance_translated", of_result));
  findings.figures.push_back(mean_figure("distance_copy", of_copy));
  findings.figures.push_back(share_figure("nearer", nearer, std::ssize(of_copy)));
  findings.arrays.emplace_back("truth", truth);
}

Picture picture(const std::vector<Tensor>& columns, const ValueRange& range) {
  const std::int64_t rows = std::min(columns.front().extent(0), shown);
  std::vector<Tensor> first;
  for (const Tensor& column : columns) first.push_back(column.rows(0, rows));
  return {"rows",
          concat(first, 0),
          {.low = range.low, .high = range.high, .columns = static_cast<int>(rows), .separator = 2}};
}

}  // namespace

Findings translate(const TrainedRun& run, const TranslateConfig& config, const ApplicationInput& input,
                   const RunOptions& options) {
  const Score from = under(run, config.from, "translate.from");
  std::optional<TrainedRun> other;
  if (!config.decoder.empty()) other = load_run(config.decoder);
  const TrainedRun& decoder = other ? *other : run;
  require<ConfigError>(decoder.model.sample_shape == run.model.sample_shape,
                       "[translate.decoder] {}: expected a run on samples {}, got {}", config.decoder,
                       run.model.sample_shape, decoder.model.sample_shape);
  const Score to = under(decoder, config.to, "translate.to");
  const Paired pair = input.x.defined() ? Paired{.x = input.x} : held_out_pairs(run, config);
  require<ShapeError>(pair.x.rank() > 1 && without_axis(pair.x.shape(), 0) == run.model.sample_shape,
                      "[input] expected samples [N] + {}, as the run was trained on, got {}", run.model.sample_shape,
                      pair.x.shape());
  const Scaling &in = run.model.data.scaling, &out = decoder.model.data.scaling;
  FlowOptions how;
  how.progress = options.watching("translating");
  const Tensor latent = encode(from, *run.model.sde, in.apply(pair.x), config.flow, how).x;
  const Tensor back = in.invert(decode(from, *run.model.sde, latent, config.flow, how).x);
  const Tensor translated = out.invert(decode(to, *decoder.model.sde, latent, config.flow, how).x);
  Findings findings{.figures = {mean_figure("distance_round_trip", distances(back, pair.x))},
                    .arrays = {{"input", pair.x}, {"latent", latent}, {"translated", translated}}};
  std::vector<Tensor> rows{pair.x, translated};
  if (pair.truth.defined()) {
    compare(findings, pair.x, translated, pair.truth);
    rows.push_back(pair.truth);
  }
  if (pair.x.rank() == 4) findings.pictures.push_back(picture(rows, run.model.data.range));
  return findings;
}

}  // namespace fokker
