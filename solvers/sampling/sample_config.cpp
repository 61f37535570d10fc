#include "fokker/solvers/sampling/sample_config.h"

#include <cmath>

#include "fokker/core/base/error.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

void check_times(const SampleConfig& config) {
  const std::vector<double>& times = config.times;
  const SampleConfig fresh;
  const bool generates = config.solver == "ancestral" && config.denoises();
  require<ConfigError>(times.size() > 1 || generates,
                       "[times] expected at least two points, got {}; a single point is enough for ancestral "
                       "with denoise = true alone",
                       times.size());
  for (std::size_t i = 0; i < times.size(); ++i)
    require<ConfigError>(times[i] > 0 && std::isfinite(times[i]) && (i == 0 || times[i] < times[i - 1]),
                         "[times] expected points that fall and stay above 0, got {} at point {}", times[i], i);
  require<ConfigError>(config.steps == fresh.steps || config.steps == config.step_count(),
                       "[times] {} points make {} steps, got steps = {}; leave steps out", times.size(),
                       config.step_count(), config.steps);
  require<ConfigError>(
      config.grid.value_or("uniform") == "uniform" && (config.t_min == 0 || config.t_min == times.back()),
      "[times] the points are given; leave grid and t_min out, got grid = \"{}\" and t_min = {}",
      config.grid.value_or(""), config.t_min);
}

}  // namespace

void CorrectorConfig::check(const std::string& solver) const {
  const bool corrects = solver == "predictor_corrector", anneals = solver == "annealed_langevin";
  require<ConfigError>(corrects || anneals || (steps == 1 && !snr && !rule && !epsilon),
                       "[corrector] {} takes no Langevin steps; leave the corrector out", solver);
  require<ConfigError>(!snr || corrects, "[corrector] annealed_langevin has no snr; leave it out");
  require<ConfigError>(!rule || corrects == (*rule == "sigma" || *rule == "norm"),
                       "[corrector] expected rule {} of {}, got {}", corrects ? "sigma or norm" : "variance or level",
                       solver, rule.value_or(""));
  const bool level = rule == "level";
  require<ConfigError>(!level || epsilon,
                       "[corrector] the rule level needs epsilon, such as 2e-5 for images [song2019]");
  require<ConfigError>(level || !epsilon,
                       "[corrector] epsilon belongs to the rule level of annealed_langevin alone; leave it out");
}

void RestartConfig::validate() const {
  require<ConfigError>(low < high, "[restart] expected low < high, got {} and {}", low, high);
}

void SampleConfig::use_defaults() {
  const SolverDefaults own = defaults_of(solver);
  const bool noisy = reverse_eta(*this) == 1;  // the clock snr is that of η = 1
  if (!grid) grid = times.empty() ? own.grid : "uniform";
  if (!clock) clock = own.clock == std::string("snr") && !noisy ? "log_snr" : own.clock;
  denoise = denoises();
}

void SampleConfig::validate() const {
  if (!name.empty()) require_file_name(name, "name");
  corrector.check(solver);
  require<ConfigError>(solver == "edm_heun" || churn == ChurnConfig{},
                       "[churn] {} adds no noise of this kind; leave the churn out, or take edm_heun", solver);
  require<ConfigError>(solver == "restart" || restart == RestartConfig{},
                       "[restart] {} does not restart; leave the table out, or take the solver restart", solver);
  require<ConfigError>(solver == "repaint" || resample == ResampleConfig{},
                       "[resample] {} does not go back; leave the table out, or take the solver repaint", solver);
  restart.validate();
  if (!times.empty()) check_times(*this);
  reverse_eta(*this);
}

const char* end_of(const SampleConfig& config) { return config.denoises() ? "denoise" : "t_min"; }

double reverse_eta(const SampleConfig& config) {
  const auto [standard, free] = eta_of(config.solver);
  require<ConfigError>(free || !config.eta || *config.eta == standard,
                       "[eta] {} solves eta = {} alone, got {}; leave eta out, or take a solver of the reverse SDE",
                       config.solver, standard, config.eta.value_or(standard));
  return config.eta.value_or(standard);
}

}  // namespace fokker
