#include "fokker/solvers/posterior/twisted.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/solvers/noise/noise.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/support/nfe.h"
#include "fokker/solvers/support/progress_meter.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

/// One particle of every sample of a shard, as x/α, with what is known there.
struct Particle {
  Tensor y, data, guidance;  // D, and the twist's share of the denoised data
  std::vector<double> log_twist, log_weight;
};

/// Σᵢ aᵢ bᵢ of each row.
std::vector<double> row_dots(const Tensor& a, const Tensor& b) {
  const Tensor product = cast(a * b, Dtype::f64);
  return sum(flat_rows(product), {1}).to_vector();
}

/// Normalised weights of one sample's particles.
std::vector<double> weights_of(const std::vector<Particle>& particles, std::size_t row) {
  std::vector<double> weights;
  for (const Particle& particle : particles) weights.push_back(particle.log_weight[row]);
  const double largest = *std::ranges::max_element(weights);
  for (double& w : weights) w = std::exp(w - largest);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& w : weights) w /= total;
  return weights;
}

/// Parents by systematic resampling [kitagawa1996] from one uniform number: child j takes place (j + u)/P of the cumulative weights.
std::vector<std::size_t> systematic(const std::vector<double>& weights, std::size_t children, double uniform) {
  std::vector<std::size_t> parents;
  double passed = weights[0];
  std::size_t parent = 0;
  for (std::size_t j = 0; j < children; ++j) {
    const double place = (static_cast<double>(j) + uniform) / static_cast<double>(children);
    while (place >= passed && parent + 1 < weights.size()) passed += weights[++parent];
    parents.push_back(parent);
  }
  return parents;
}

void copy_row(const Tensor& from, Tensor& to, std::int64_t row) {
  Tensor place = to.rows(row, row + 1);
  const auto bytes = static_cast<std::size_t>(place.bytes());
  std::memcpy(place.raw(), from.rows(row, row + 1).raw(), bytes);
}

/// The samples first … first + count − 1 with all their particles, on one thread.
class Population {
 public:
  struct Setting {
    const ForwardSde& sde;
    const TwistedConfig& twisting;
    const SampleConfig& config;
    Shape shape;  // [count, …]
    Dtype dtype;
    std::int64_t first;
  };

  Population(const Setting& setting, Score score, Measurement measured, double t)
      : setting_(setting), score_(std::move(score)), measured_(std::move(measured)) {
    const Marginal at = setting.sde.marginal(t);
    for (std::int64_t p = 0; p < setting.twisting.particles; ++p) {
      const Tensor x = setting.sde.prior(setting.shape, rng(p), setting.dtype, setting.first);
      const double noise = at.sigma / setting.sde.marginal(setting.sde.t_max()).sigma;
      particles_.push_back({x * (noise / at.alpha), {}, {}, {}, std::vector<double>(rows(), 0)});
      weigh(particles_.back(), t);
    }
  }

  void step(std::int64_t number, double from, double to) {
    resample(number);
    const double s = level(from), next = level(to);
    const double kept = next * next / (s * s), deviation = next * std::sqrt(1 - kept);
    for (std::size_t p = 0; p < particles_.size(); ++p) {
      Particle& particle = particles_[p];
      const Rng numbers =
          rng(static_cast<std::int64_t>(p)).with(Stream::brownian).at(static_cast<std::uint32_t>(number));
      const Tensor noise =
          numbers.normal(setting_.shape, setting_.dtype, detail::first_element(setting_.shape, setting_.first));
      const Tensor shift = particle.guidance * (1 - kept);
      const auto along = row_dots(shift, noise), length = row_dots(shift, shift);
      for (std::size_t i = 0; i < rows(); ++i)
        particle.log_weight[i] -=
            along[i] / deviation + 0.5 * length[i] / (deviation * deviation) + particle.log_twist[i];
      const Tensor mean = weighted_sum({{kept, particle.y}, {1 - kept, particle.data}, {1, shift}});
      particle.y = weighted_sum({{1, mean}, {deviation, noise}});
      weigh(particle, to);
    }
  }

  /// One particle of each sample, drawn by the weights.
  Tensor draw(double t) const {
    const double alpha = setting_.sde.marginal(t).alpha;
    const Rng choice = rng(0).with(Stream::label);
    Tensor result = Tensor::empty(setting_.shape, setting_.dtype);
    for (std::size_t i = 0; i < rows(); ++i) {
      const double uniform = choice.uniform_at(static_cast<std::uint64_t>(setting_.first) + i);
      const Particle& chosen = particles_[systematic(weights_of(particles_, i), 1, uniform)[0]];
      const auto row = static_cast<std::int64_t>(i);
      copy_row(setting_.config.denoises() ? chosen.data + chosen.guidance : chosen.y * alpha, result, row);
    }
    return result;
  }

 private:
  std::size_t rows() const { return static_cast<std::size_t>(setting_.shape[0]); }
  Rng rng(std::int64_t particle) const { return Rng(setting_.config.seed).fork(static_cast<std::uint64_t>(particle)); }
  double level(double t) const { return std::exp(-setting_.sde.marginal(t).lambda()); }

  /// Evaluates the twist at the particle's place and multiplies its weight by ψ.
  void weigh(Particle& particle, double t) const {
    const Marginal at = setting_.sde.marginal(t);
    const Tensor x = particle.y * at.alpha;
    PosteriorConfig twisting;
    twisting.data_sigma = setting_.twisting.data_sigma, twisting.limit = setting_.twisting.limit;
    const detail::Twist twist = detail::twist(score_, {x, t, at}, measured_, twisting);
    particle.data = twist.data;
    particle.guidance = twist.gradient * (at.sigma * at.sigma / at.alpha);
    particle.log_twist = twist.log_density;
    for (std::size_t i = 0; i < rows(); ++i) particle.log_weight[i] += twist.log_density[i];
  }

  void resample(std::int64_t number) {
    const auto wanted = static_cast<double>(particles_.size()) * setting_.twisting.resample_below;
    const Rng uniforms = rng(0).with(Stream::corrector).at(static_cast<std::uint32_t>(number));
    std::vector<Particle> before;
    for (std::size_t i = 0; i < rows(); ++i) {
      const std::vector<double> weights = weights_of(particles_, i);
      const double effective = 1 / std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
      if (!(effective < wanted)) continue;
      if (before.empty()) before = copies();
      const double uniform = uniforms.uniform_at(static_cast<std::uint64_t>(setting_.first) + i);
      const auto parents = systematic(weights, particles_.size(), uniform);
      for (std::size_t p = 0; p < parents.size(); ++p) adopt(before[parents[p]], particles_[p], i);
    }
  }
  /// In memory of their own, since rows of the particles are about to change.
  std::vector<Particle> copies() const {
    std::vector<Particle> result = particles_;
    for (Particle& p : result) p.y = p.y.clone(), p.data = p.data.clone(), p.guidance = p.guidance.clone();
    return result;
  }
  static void adopt(const Particle& parent, Particle& child, std::size_t i) {
    const auto row = static_cast<std::int64_t>(i);
    copy_row(parent.y, child.y, row);
    copy_row(parent.data, child.data, row);
    copy_row(parent.guidance, child.guidance, row);
    child.log_twist[i] = parent.log_twist[i];
    child.log_weight[i] = 0;
  }

  Setting setting_;
  Score score_;
  Measurement measured_;
  std::vector<Particle> particles_;
};

void check(const Measurement& measured, const SampleConfig& config, const SampleOptions& options) {
  config.validate();
  detail::check(measured);
  require<ConfigError>(config.solver == "ancestral",
                       "[twisted] expected the solver ancestral, whose steps have a density, got {}", config.solver);
  require<ConfigError>(!options.initial.defined() && options.trajectory == 0,
                       "[twisted] takes no initial states and keeps no trajectory; leave them out");
}

}  // namespace

Samples sample_twisted(const Score& prior, const ForwardSde& sde, const Measurement& measured,
                       const TwistedConfig& twisting, const SampleConfig& config, const SampleOptions& options) {
  check(measured, config, options);
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<double> grid = sampling_times(config, sde);
  const std::int64_t steps = std::ssize(grid) - 1;
  const Score rows = detail::measured_rows(measured.y);
  detail::ProgressMeter meter(options.progress, config.n * steps);
  Samples result;
  result.values = Tensor::empty(with_axis(options.shape, 0, config.n), options.dtype);
  const std::int64_t shard = detail::shard_size(options.shape.size() * twisting.particles, options.shard, "twisted");
  std::atomic<std::int64_t> calls = 0;
  detail::for_samples(config.n, shard, prior.whole_batch(), [&](const RowRange& range) {
    const NoGrad off_tape;
    const auto [index, first, count] = range;
    const CountedScore counted(prior, precision_of(config.precision));
    const Tensor like = Tensor::empty(with_axis(options.shape, 0, count), options.dtype);
    const Measurement own{measured.op, rows(like, 0), measured.noise};
    Population population({sde, twisting, config, like.shape(), options.dtype, first}, counted, own, grid[0]);
    for (std::int64_t k = 0; k < steps; ++k) {
      population.step(k, grid[static_cast<std::size_t>(k)], grid[static_cast<std::size_t>(k) + 1]);
      meter.add(count);
    }
    detail::store_rows(population.draw(grid.back()), result.values, first);
    calls += counted.count();
  });
  result.nfe = static_cast<double>(calls) / static_cast<double>(config.n);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const std::int64_t row = detail::first_not_finite(result.values);
  require<NumericalError>(row < 0, "[twisted] sample {} is not finite; take more steps, or check the score", row);
  return result;
}

}  // namespace fokker
