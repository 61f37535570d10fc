#include "fokker/experiments/applications/denoise.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/experiments/applications/application_data.h"
#include "fokker/experiments/metrics/noise_estimate.h"
#include "fokker/experiments/report/findings.h"
#include "fokker/experiments/report/pictures.h"
#include "fokker/experiments/runs/run_options.h"
#include "fokker/experiments/statistics/image_quality.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

/// The time at which σ/α is `noise`.
double time_of_noise(const ForwardSde& sde, double noise) {
  const double most = std::exp(-sde.marginal(sde.t_max()).lambda());
  require<ConfigError>(noise > 0 && noise <= most,
                       "[noise] expected a deviation between 0 and {:.3g}, the diffusion's largest in the units of the "
                       "network, got {:.3g}",
                       most, noise);
  return std::max(sde.time_of_lambda(-std::log(noise)), sde.t_min());
}

/// The smallest number whose cumulative probability under a Poisson law of this mean exceeds u.
double poisson_quantile(double mean, double u) {
  double probability = std::exp(-mean), passed = probability, count = 0;
  while (u >= passed && count < mean + 40 * std::sqrt(mean) + 40) {
    probability *= mean / ++count;
    passed += probability;
  }
  return count;
}

struct Noisy {
  Tensor y;          // in the units of the network
  double level = 0;  // deviation of the noise, in the units of the network
};

/// Draws counts over the peak, as a share of the range, for x in the units of the data.
Tensor poisson_counts(const Tensor& x, const DenoiseConfig& config, const ValueRange& range) {
  const Rng rng(config.sampler.seed, Stream::noise);
  Tensor y = Tensor::empty(x.shape());
  auto values = y.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = (x.at(static_cast<std::int64_t>(i)) - range.low) / (range.high - range.low);
    const double mean = config.peak * std::clamp(share, 0.0, 1.0);
    values[i] = static_cast<float>(poisson_quantile(mean, rng.uniform_at(i)) / config.peak);
  }
  return y * (range.high - range.low) + range.low;
}

/// The inputs with noise, and its level where that is known.
Noisy make_noisy(const TrainedRun& run, const DenoiseConfig& config, const ApplicationData& inputs, bool has_noise) {
  const DataFacts& data = run.model.facts;
  const double unit = in_network_units(data, 1);
  Noisy noisy{inputs.prepared, config.noise * unit};
  if (config.kind == "poisson") {
    if (!has_noise) noisy.y = data.scaling.apply(poisson_counts(inputs.x, config, data.range));
    const Tensor share = (data.scaling.invert(noisy.y) - data.range.low) * (1 / (data.range.high - data.range.low));
    noisy.level = std::sqrt(std::max(mean(share).item(), 1e-6) / config.peak) * unit;
  } else if (!has_noise) {
    noisy.y = noisy.y + Rng(config.sampler.seed, Stream::noise).normal(noisy.y.shape()) * noisy.level;
  }
  return noisy;
}

/// The log signal-to-noise ratios between which posterior samples are drawn.
std::pair<double, double> interval(const ForwardSde& sde, const DenoiseConfig& config, double level) {
  const double begin = sde.marginal(time_of_noise(sde, level)).lambda();
  const double end = sde.marginal(config.sampler.t_min > 0 ? config.sampler.t_min : sde.t_min()).lambda();
  require<ConfigError>(begin < end, "[{}] the noise is below that of t_min; lower t_min, or leave samples out",
                       config.name);
  return {begin, end};
}

/// Posterior samples [N·samples, …] from x_t = α y on.
Tensor draw(const TrainedRun& run, const DenoiseConfig& config, const Noisy& noisy, const RunOptions& options) {
  const ForwardSde& sde = *run.model.sde;
  const auto [begin, end] = interval(sde, config, noisy.level);
  SampleConfig sampler = config.sampler;
  for (std::int64_t i = 0; i <= sampler.steps; ++i)
    sampler.times.push_back(
        sde.time_of_lambda(begin + (end - begin) * static_cast<double>(i) / static_cast<double>(sampler.steps)));
  sampler.t_min = 0;
  sampler.n = noisy.y.extent(0) * config.samples;
  SampleOptions sampling{.shape = run.model.sample_shape};
  sampling.initial = repeat_rows(noisy.y * sde.marginal(sampler.times.front()).alpha, config.samples);
  sampling.progress = options.watching("denoising " + config.name);
  return sample(run.score, sde, sampler, sampling).values;
}

/// Converts to the units of the data, and bounds images to the data's range.
Tensor as_data(const Tensor& x, const DataFacts& data) {
  const Tensor values = data.scaling.invert(x);
  return data.images() ? clamp(values, data.range.low, data.range.high) : values;
}

void add_quality(Findings& findings, const std::string& name, const Tensor& x, const Tensor& truth, double range) {
  const std::int64_t each = x.extent(0) / truth.extent(0);
  const Tensor target = repeat_rows(truth, each);
  findings.figures.push_back(mean_figure("psnr_" + name, input_means(psnr(x, target, range), each)));
  if (x.rank() == 4)
    findings.figures.push_back(
        mean_figure("ssim_" + name, input_means(ssim(x, target, range), each), correlation_range));
}

double found_level(const TrainedRun& run, const DenoiseConfig& config, const Noisy& noisy) {
  if (config.level == "known") return noisy.level;
  if (config.level == "detail") return detail_noise(noisy.y);
  return evidence_noise(run.score, *run.model.sde, noisy.y, config.sampler.seed);
}

}  // namespace

void DenoiseConfig::validate() const {
  require<ConfigError>(
      sampler.n == SampleConfig{}.n && sampler.times.empty() && sampler.grid.value_or("uniform") == "uniform",
      "[{}] n, samples and the noise say which and where from; leave sampler.n, times and grid out", name);
  require<ConfigError>(kind != "poisson" || peak <= 500,
                       "[{}] expected a peak of at most 500, got {}; above it the noise is gaussian", name, peak);
}

void DenoiseConfig::check(const Model& model) const {
  require_held_out(model);
  const double added = noise * in_network_units(model.facts, 1);
  if (kind != "gaussian" || level != "known") return;
  time_of_noise(*model.sde, added);
  if (samples > 0) interval(*model.sde, *this, added);
}

Tensor posterior_mean(const Score& score, const ForwardSde& sde, const Tensor& y, double noise) {
  constexpr std::int64_t block_rows = 32;
  const double t = time_of_noise(sde, noise), alpha = sde.marginal(t).alpha;
  Tensor result = Tensor::empty(y.shape(), y.dtype());
  detail::for_samples(y.extent(0), block_rows, score.whole_batch(), [&](const RowRange& range) {
    const NoGrad off_tape;
    const Tensor rows = y.rows(range.first, range.first + range.count);
    detail::store_rows(fokker::denoise(sde, score, rows * alpha, t), result, range.first);
  });
  return result;
}

Findings denoise(const TrainedRun& run, const DenoiseConfig& config, const ApplicationInput& input,
                 const RunOptions& options) {
  config.validate();
  const DataFacts& data = run.model.facts;
  const double reach = 10 * std::max(1.0, config.noise);  // noise leaves the range
  const ApplicationData inputs = application_data(run, input, config.n, reach);
  const bool truth_known = !input.x.defined();
  Noisy noisy = make_noisy(run, config, inputs, !truth_known);
  const double added = noisy.level, unit = in_network_units(data, 1), range = data.range.high - data.range.low;
  noisy.level = found_level(run, config, noisy);
  const Tensor mean = as_data(posterior_mean(run.score, *run.model.sde, noisy.y, noisy.level), data);
  const Tensor seen = data.scaling.invert(noisy.y);

  Findings findings;
  findings.figures.push_back({"level", noisy.level / unit});
  if (truth_known) findings.figures.push_back({"noise_of_inputs", added / unit});
  findings.arrays = {{"noisy", seen}, {"mean", mean}};
  if (truth_known) findings.arrays.insert(findings.arrays.begin(), {"truth", inputs.x});
  if (truth_known) add_quality(findings, "noisy", as_data(noisy.y, data), inputs.x, range);
  if (truth_known) add_quality(findings, "mean", mean, inputs.x, range);
  std::vector<Tensor> columns = {seen, mean};
  if (truth_known) columns.insert(columns.begin(), inputs.x);
  if (config.samples > 0) {
    const Tensor samples = as_data(draw(run, config, noisy, options), data);
    if (truth_known) add_quality(findings, "samples", samples, inputs.x, range);
    if (truth_known) add_quality(findings, "samples_mean", over_samples(samples, config.samples).mean, inputs.x, range);
    findings.arrays.emplace_back(
        "samples", samples.view(with_axis(with_extent(samples.shape(), 0, inputs.size()), 1, config.samples)));
    columns.push_back(samples);
  }
  add_rows(findings, "pictures", columns, look_of(data));
  return findings;
}

}  // namespace fokker
