#include "fokker/experiments/runs/data_likelihood.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/base/registry.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

/// The samples that every bound is about.
struct HeldOut {
  const TrainedRun& run;
  Tensor x;                             // [N, …] in the units of the network
  std::span<const std::int64_t> index;  // rows of the original data
  GreyLevels levels = {};
  double log_jacobian = 0;  // log |∂ prepared / ∂ data| of a sample

  std::int64_t dimension() const { return x.size() / x.extent(0); }
};

double log_jacobian(const Scaling& scaling, std::int64_t dimension) {
  double total = 0;
  for (std::int64_t i = 0; i < scaling.scale.size(); ++i) total -= std::log(std::abs(scaling.scale.at(i)));
  return total * static_cast<double>(dimension) / static_cast<double>(scaling.scale.size());
}

HeldOut held_out(const TrainedRun& run, std::int64_t n) {
  require<ConfigError>(!objective_entry(run.config.train.objective).implicit,
                       "[likelihood] a generator trained by \"{}\" has no likelihood; take a run trained by \"dsm\"",
                       run.config.train.objective);
  const Tensor& all = run.model.data().held_out.x;
  require<ConfigError>(all.defined() && all.size() > 0,
                       "[likelihood] the run holds no data out: set data.held_out above 0 and train again");
  const std::int64_t count = n > 0 ? std::min(n, all.extent(0)) : all.extent(0);
  HeldOut data{run, all.rows(0, count), run.model.data().held_out_index};
  data.log_jacobian = log_jacobian(run.model.data().scaling, data.dimension());
  return data;
}

/// The log density log p in the units of the data.
Likelihood density(const HeldOut& data, const Tensor& x, const LikelihoodConfig& config, const RunOptions& options) {
  LikelihoodOptions how;
  how.progress = options.watching("ode");
  Likelihood found = log_likelihood(data.run.score, *data.run.model.sde, x, config, how);
  found.log_density = found.log_density + data.log_jacobian;
  return found;
}

BoundRow variational_row(const HeldOut& data, const BoundConfig& config, const RunOptions& options) {
  const bool discrete_data = data.levels.count > 0;
  require<ConfigError>(
      !discrete_data || config.decoder != "gaussian",
      "[likelihood] a density at whole numbers bounds no probability: leave the decoder at \"auto\", or "
      "train with data.dequantise");
  BoundOptions how;
  how.progress = options.watching(config.terms);
  how.levels = data.levels;
  if (config.terms == "discrete") how.log_variance_ratio = data.run.log_variance_ratio;
  const VariationalBound found = variational_bound(data.run.score, *data.run.model.sde, data.x, config, how);
  const double in_bits = 1 / (static_cast<double>(data.dimension()) * std::numbers::ln2);
  const Tensor diffusion = mean(found.diffusion, {0});
  return {.name = config.terms,
          .bits = (found.nats - (discrete_data ? 0 : data.log_jacobian)) * in_bits,
          .error = found.mean_error() * in_bits,
          .nfe = found.nfe,
          .seconds = found.seconds,
          .parts = {{"prior", found.prior},
                    {"diffusion", sum(found.diffusion, {1, 2})},
                    {"reconstruction", mean(found.reconstruction, {1})}},
          .t = found.t,
          .profile = reshape(diffusion, {diffusion.size()})};
}

/// The held-out data with noise number k around their whole numbers.
Tensor dequantised(const HeldOut& data, std::int64_t k) {
  const Scaling& scaling = data.run.model.data().scaling;
  Tensor numbers = scaling.invert(data.x).clone();
  for (float& value : numbers.data<float>()) value = std::round(value);
  const Rng rng = Rng(data.run.config.seed, Stream::data).fork(5).at(static_cast<std::uint32_t>(k));
  return scaling.apply(add_uniform(numbers, data.index, rng) - 0.5);
}

BoundRow ode_row(const HeldOut& data, const DataLikelihoodConfig& config, const RunOptions& options) {
  const bool discrete_data = data.levels.count > 0;
  require<ConfigError>(config.dequantisations == 1 || discrete_data,
                       "[likelihood] dequantisations is for whole numbers that data.dequantise has added no noise to; "
                       "leave it at 1");
  require<ConfigError>(config.dequantisations == 1 || config.divergence.exact(data.dimension()),
                       "[likelihood] the mean of densities needs each of them, which Hutchinson's estimate of a log "
                       "density does not give: set divergence.trace = \"exact\", or dequantisations = 1");
  BoundRow row{.name = "ode", .bits = {}};
  LikelihoodConfig how{.flow = config.flow, .divergence = config.divergence};
  if (discrete_data && how.flow.t_min == 0) how.flow.t_min = decoding_time(*data.run.model.sde, data.levels);
  std::vector<Tensor> columns;
  const std::int64_t n = data.x.extent(0);
  for (std::int64_t k = 0; k < config.dequantisations; ++k) {
    const Likelihood found = density(data, discrete_data ? dequantised(data, k) : data.x, how, options);
    columns.push_back(reshape(found.log_density, {n, 1}));
    row.nfe += found.latent.nfe();
    row.seconds += found.latent.seconds;
    if (found.standard_error.defined() && config.dequantisations == 1)
      row.error = std::sqrt(sum(square(found.standard_error)).item()) /
                  (static_cast<double>(data.x.size()) * std::numbers::ln2);
  }
  const Tensor log_mean = logsumexp(concat(columns, 1)) - std::log(static_cast<double>(config.dequantisations));
  row.bits = bits_per_dimension(log_mean, data.dimension());
  return row;
}

struct BoundEntry {
  const char* name;
  BoundRow (*evaluate)(const HeldOut& data, const DataLikelihoodConfig& config, const RunOptions& options);
};

constexpr BoundEntry entries[] = {
    {"discrete", [](const HeldOut& data, const DataLikelihoodConfig& config,
                    const RunOptions& options) { return variational_row(data, config.discrete, options); }},
    {"continuous", [](const HeldOut& data, const DataLikelihoodConfig& config,
                      const RunOptions& options) { return variational_row(data, config.continuous, options); }},
    {"ode", &ode_row},
};

std::string basis_of(const HeldOut& data) {
  if (data.levels.count > 0) return fmt::format("whole numbers, {} levels", data.levels.count);
  if (data.run.config.data.dequantise) return "whole numbers with the noise of data.dequantise";
  return "a density in the units of the data";
}

}  // namespace

std::vector<std::string> bound_names() { return Registry("[likelihood] bounds:", entries).names(); }

void DataLikelihoodConfig::validate() const {
  require<ConfigError>(discrete.terms == "discrete" && continuous.terms == "continuous",
                       "[likelihood] the tables discrete and continuous have the terms of their names; choose by "
                       "`bounds` which are evaluated");
}

Likelihood held_out_density(const TrainedRun& run, std::int64_t n, const LikelihoodConfig& config,
                            const RunOptions& options) {
  const NoGrad off_tape;
  const HeldOut data = held_out(run, n);
  return density(data, data.x, config, options);
}

DataLikelihood data_likelihood(const TrainedRun& run, const DataLikelihoodConfig& config, const RunOptions& options) {
  config.validate();
  const NoGrad off_tape;
  HeldOut data = held_out(run, config.n);
  data.levels = grey_levels(run.model.data());
  DataLikelihood found{.config = config, .basis = basis_of(data), .rows = {}};
  for (const BoundEntry& entry : entries) {
    if (std::ranges::find(config.bounds, entry.name) == config.bounds.end()) continue;
    BoundRow row = entry.evaluate(data, config, options);
    row.interval = mean_interval(row.bits.data<double>(), 0.95);
    found.rows.push_back(std::move(row));
  }
  return found;
}

}  // namespace fokker
