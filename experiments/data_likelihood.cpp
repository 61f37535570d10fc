#include "fokker/experiments/data_likelihood.h"

#include <algorithm>
#include <cmath>

#include "fokker/core/autodiff.h"
#include "fokker/core/config.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {
namespace {

/// log |∂ prepared / ∂ data| of one sample of D elements.
double log_jacobian(const Scaling& scaling, std::int64_t dimension) {
  double total = 0;
  for (std::int64_t i = 0; i < scaling.scale.size(); ++i) total -= std::log(std::abs(scaling.scale.at(i)));
  return total * static_cast<double>(dimension) / static_cast<double>(scaling.scale.size());
}

}  // namespace

DataLikelihood data_likelihood(const TrainedRun& run, const DataLikelihoodConfig& config, const RunOptions& options) {
  const Tensor& all = run.model.data.held_out.x;
  require<ConfigError>(all.defined() && all.size() > 0,
                       "[likelihood] the run holds no data out: set data.held_out above 0 and train again");
  const std::int64_t n = config.n > 0 ? std::min(config.n, all.extent(0)) : all.extent(0);
  const Tensor x = all.rows(0, n);
  const std::int64_t dimension = x.size() / n;
  LikelihoodOptions how;
  how.progress = [&](std::int64_t done, std::int64_t total) {
    if (options.progress) options.progress("likelihood", done, total);
    return !(options.stop && options.stop());
  };
  DataLikelihood found{.config = config, .likelihood = {}, .bits = {}};
  found.likelihood =
      log_likelihood(run.score, *run.model.sde, x, {.flow = config.flow, .divergence = config.divergence}, how);
  Tensor& log_density = found.likelihood.log_density;
  log_density = log_density + log_jacobian(run.model.data.scaling, dimension);
  found.bits = bits_per_dimension(log_density, dimension);
  found.mean = mean(found.bits).item();
  if (n > 1)
    found.half_width = 1.96 * std::sqrt(sum(square(found.bits - found.mean)).item() /
                                        (static_cast<double>(n) * static_cast<double>(n - 1)));
  return found;
}

void write_likelihood(Hdf5File& file, const DataLikelihood& found) {
  const std::string group = "/evaluation/likelihood";
  const Likelihood& likelihood = found.likelihood;
  file.remove(group);
  const auto n = likelihood.log_density.extent(0);
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < n; ++i) index.push_back(i);
  const std::vector<std::string> axis = {"held_out"};
  file.write(group + "/held_out", std::span<const std::int64_t>(index), {n}, axis);
  file.write(group + "/log_density", likelihood.log_density, axis);
  file.write(group + "/bits_per_dimension", found.bits, axis);
  file.write(group + "/evaluations", std::span<const std::int64_t>(likelihood.latent.evaluations), {n}, axis);
  if (likelihood.standard_error.defined()) file.write(group + "/standard_error", likelihood.standard_error, axis);
  file.set_attribute(group, "config", Attribute(dump(found.config)));
  file.set_attribute(group, "nfe", Attribute(likelihood.latent.nfe()));
  file.set_attribute(group, "mean_bits_per_dimension", Attribute(found.mean));
  file.set_attribute(group, "half_width_95", Attribute(found.half_width));
  file.set_attribute(group + "/log_density", "units", Attribute("nats"));
}

}  // namespace fokker
