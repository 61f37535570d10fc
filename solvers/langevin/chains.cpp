#include "fokker/solvers/langevin/chains.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>

#include <fmt/ranges.h>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/registry.h"
#include "fokker/core/base/stop.h"
#include "fokker/core/config/config_document.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/rows.h"
#include "fokker/solvers/langevin/metropolis.h"
#include "fokker/solvers/langevin/underdamped.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/support/nfe.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {

Target target(const GaussianMixture& mixture) {
  const auto shared = std::make_shared<const GaussianMixture>(mixture);
  return {.score = [shared](const Tensor& x, double) { return shared->score(x); },
          .log_density = [shared](const Tensor& x) { return shared->log_density(x); }};
}

const std::vector<LangevinMethod>& langevin_methods() {
  static const std::vector<LangevinMethod> methods{
      {.name = "ula",
       .text = "unadjusted Langevin algorithm; the law is off by O(step)",
       .move = ula_step,
       .strong_order = 1},
      {.name = "mala",
       .text = "Metropolis-adjusted Langevin algorithm; the law is exact; the method needs the log density",
       .carries = true},
      {.name = "baoab",
       .text = "underdamped splitting; the variance is exact on Gaussian laws, else the law is off by O(step^2)",
       .move = baoab_step,
       .underdamped = true,
       .carries = true,
       .strong_order = 1},
      {.name = "obabo",
       .text = "underdamped splitting; the law is off by O(step^2)",
       .move = obabo_step,
       .underdamped = true,
       .areas = 1,
       .carries = true,
       .strong_order = 1},
      {.name = "align",
       .text = "underdamped method of strong order 2",
       .move = align_step,
       .underdamped = true,
       .areas = 1,
       .carries = true,
       .strong_order = 2},
      {.name = "quicsort",
       .text = "underdamped method of strong order 3",
       .move = quicsort_step,
       .underdamped = true,
       .areas = 2,
       .evaluations = 2,
       .strong_order = 3},
  };
  return methods;
}

std::vector<std::string> langevin_names() { return Registry("[langevin]", langevin_methods()).names(); }

const LangevinMethod& langevin_method(const std::string& name) {
  return Registry("[langevin]", langevin_methods()).at(name);
}

void ChainConfig::validate() const {
  const LangevinMethod& used = langevin_method(method);
  require<ConfigError>(
      step > 0 && chains > 0 && steps > 0 && burn_in >= 0 && thin > 0,
      "[langevin] expected step, chains, steps and thin above 0 and burn_in >= 0, got {}, {}, {}, {}, {}", step, chains,
      steps, thin, burn_in);
  require<ConfigError>(thin <= steps, "[langevin] expected thin <= steps, got {} and {}", thin, steps);
  require<ConfigError>(!friction || used.underdamped, "[langevin] {} has no friction; leave it out", method);
  require<ConfigError>(!friction || *friction > 0, "[langevin] expected friction > 0, got {}", friction.value_or(0));
  require<ConfigError>(!(target_acceptance || adapt) || !used.move,
                       "[langevin] {} accepts every step; leave target_acceptance and adapt out", method);
  require<ConfigError>(!target_acceptance || (adapt.value_or(true) && burn_in > 0),
                       "[langevin] target_acceptance needs adapt and a burn_in");
  require<ConfigError>(!adapt.value_or(false) || burn_in > 0, "[langevin] adapt needs a burn_in");
}

namespace {

using Time = std::chrono::steady_clock;

/// Chains first … first + count − 1 on one worker.
class ChainShard {
 public:
  ChainShard(const Target& target, const ChainConfig& config, const ChainOptions& options, std::int64_t first,
             std::int64_t count)
      : counted_(target.score),
        target_{counted_, target.t, target.log_density},
        method_(langevin_method(config.method)),
        config_(config),
        shape_(with_axis(options.shape, 0, count)),
        first_(first),
        noise_(config.seed, shape_, options.dtype, first),
        accepted_(static_cast<std::size_t>(count)) {
    const Rng starts(config.seed, Stream::prior);
    const std::uint64_t element = detail::first_element(shape_, first);
    state_.x = options.start.defined() ? options.start.rows(first, first + count)
                                       : starts.normal(shape_, options.dtype, element);
    if (method_.underdamped) state_.v = starts.at(1).normal(shape_, options.dtype, element);
    if (method_.carries) state_.score = target_.score(state_.x, target_.t);
    if (!method_.move) start_metropolis();
  }

  void advance(std::int64_t number) {
    if (method_.move) {
      const BrownianIncrement b = noise_.increment(number, 0, config_.step, method_.areas);
      method_.move(target_, b, {config_.step, config_.friction.value_or(1)}, state_);
    } else {
      propose(number);
    }
  }
  const Tensor& x() const { return state_.x; }
  std::int64_t evaluations() const { return counted_.count(); }
  double step(std::int64_t row) const {
    return lengths_.empty() ? config_.step : lengths_[static_cast<std::size_t>(row)];
  }
  double acceptance(std::int64_t row) const {
    if (method_.move) return 1;
    return static_cast<double>(accepted_[static_cast<std::size_t>(row)]) / static_cast<double>(config_.steps);
  }

 private:
  void start_metropolis() {
    state_.log_density = target_.log_density(state_.x);
    require<ShapeError>(state_.log_density.shape() == Shape{shape_[0]},
                        "[langevin] expected log densities [{}], one a chain, got {}", shape_[0],
                        to_string(state_.log_density.shape()));
    lengths_.assign(accepted_.size(), config_.step);
    if (config_.adapt.value_or(config_.burn_in > 0))
      adaptations_.assign(accepted_.size(), {config_.step, config_.target_acceptance.value_or(0.574)});
  }

  void propose(std::int64_t number) {
    const Rng tests = Rng(config_.seed, Stream::corrector).at(static_cast<std::uint32_t>(number));
    MetropolisStep step{lengths_, noise_.increment(number, 0, 1, 0).w, {}};
    for (std::size_t i = 0; i < lengths_.size(); ++i)
      step.uniforms.push_back(tests.uniform_at(static_cast<std::uint64_t>(first_) + i));
    const MetropolisResult result = mala_step(target_, step, state_);
    const bool burning = number < config_.burn_in;
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      if (!burning) accepted_[i] += result.accepted[i] ? 1 : 0;
      if (!burning || adaptations_.empty()) continue;
      adaptations_[i].add(result.probability[i]);
      lengths_[i] = number + 1 == config_.burn_in ? adaptations_[i].adapted() : adaptations_[i].trial();
    }
  }

  CountedScore counted_;
  Target target_;
  const LangevinMethod& method_;
  const ChainConfig& config_;
  Shape shape_;
  std::int64_t first_;
  SequentialNoise noise_;
  ChainState state_;
  std::vector<std::int64_t> accepted_;
  std::vector<double> lengths_;  // lengths of MALA's steps
  std::vector<StepAdaptation> adaptations_;
};

class ChainRun {
 public:
  ChainRun(const Target& target, const ChainConfig& config, const ChainOptions& options)
      : target_(target), config_(config), options_(options) {
    config.validate();
    require<ConfigError>(static_cast<bool>(target.score), "[langevin] expected a target with a score");
    require<ConfigError>(
        langevin_method(config.method).move || target.log_density,
        "[langevin] mala needs a log density beside the score; give one, or take an unadjusted method");
    const Shape all = with_axis(options.shape, 0, config.chains);
    require<ShapeError>(
        !options.start.defined() || (options.start.shape() == all && options.start.dtype() == options.dtype),
        "[langevin] expected starts {} of {}, got {} of {}", to_string(all), to_string(options.dtype),
        to_string(options.start.shape()), to_string(options.start.dtype()));
    require<ConfigError>(options.shard >= 0, "[langevin] expected shard >= 0, got {}", options.shard);
    const auto chains = static_cast<std::size_t>(config.chains);
    result_.draws = Tensor::empty(with_axis(all, 0, config.steps / config.thin), options.dtype);
    result_.acceptance.resize(chains);
    result_.steps.resize(chains);
  }

  Chains run() {
    const auto begin = Time::now();
    const std::int64_t size =
        options_.shard > 0 ? options_.shard : std::clamp<std::int64_t>(config_.chains / 8, 1, 256);
    std::atomic<std::int64_t> calls = 0;
    detail::for_samples(config_.chains, size, target_.score.whole_batch(),
                        [&](const RowRange& range) { calls += run_shard(range.first, range.count); });
    result_.evaluations = static_cast<double>(calls) / static_cast<double>(config_.chains);
    result_.seconds = std::chrono::duration<double>(Time::now() - begin).count();
    return std::move(result_);
  }

 private:
  std::int64_t run_shard(std::int64_t first, std::int64_t count) {
    const NoGrad off_tape;
    ChainShard shard(target_, config_, options_, first, count);
    const std::int64_t draws = result_.draws.extent(0);
    for (std::int64_t number = 0; number < config_.burn_in + draws * config_.thin; ++number) {
      shard.advance(number);
      const std::int64_t after = number + 1 - config_.burn_in;
      if (after > 0 && after % config_.thin == 0) store(shard.x(), after / config_.thin - 1, first);
      if (number % 16 == 15) check(shard.x(), first, number);
      if (number % 16 == 15) report(16 * count);
    }
    check(shard.x(), first, config_.burn_in + draws * config_.thin - 1);
    for (std::int64_t row = 0; row < count; ++row) {
      result_.acceptance[static_cast<std::size_t>(first + row)] = shard.acceptance(row);
      result_.steps[static_cast<std::size_t>(first + row)] = shard.step(row);
    }
    return shard.evaluations();
  }

  void check(const Tensor& x, std::int64_t first, std::int64_t number) const {
    const std::int64_t row = detail::first_not_finite(x);
    require<NumericalError>(
        row < 0, "[{}] chain {} is not finite by step {} of {}; take a smaller step than {}, or check the score",
        config_.method, first + row, number + 1, config_.burn_in + config_.steps, config_.step);
  }

  void store(const Tensor& x, std::int64_t draw, std::int64_t first) {
    const std::int64_t bytes = row_size(x) * element_size(x.dtype());
    std::memcpy(static_cast<std::byte*>(result_.draws.raw()) + (draw * config_.chains + first) * bytes, x.raw(),
                static_cast<std::size_t>(x.bytes()));
  }

  void report(std::int64_t chain_steps) {
    if (!options_.progress) return;
    const std::scoped_lock lock(mutex_);
    done_ += chain_steps;
    cancelled_ = cancelled_ || !options_.progress(done_, config_.chains * (config_.burn_in + config_.steps));
    require<Cancelled>(!cancelled_, "[langevin] cancelled by the progress callback");
  }

  const Target& target_;
  const ChainConfig& config_;
  const ChainOptions& options_;
  Chains result_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
  bool cancelled_ = false;
};

}  // namespace

Chains run_chains(const Target& target, const ChainConfig& config, const ChainOptions& options) {
  return ChainRun(target, config, options).run();
}

}  // namespace fokker
