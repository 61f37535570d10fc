#include "fokker/solvers/likelihood/variational_bound.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/steppers/solver.h"
#include "fokker/solvers/support/nfe.h"
#include "fokker/solvers/support/progress_meter.h"
#include "fokker/solvers/support/shards.h"

namespace fokker {
namespace {

/// One evaluation of the score for every sample.
struct Node {
  double t;
  double s;       // discrete: the next point, nearer to the data
  double weight;  // factor of ‖ε − ε̂‖²
};

/// Σ over each sample of x [n, ...], [n], in f64.
Tensor per_sample(const Tensor& x) { return sum(flat_rows(x), {1}); }

/// KL(N(α x₀, σ²) ‖ N(0, p²)) of each sample.
Tensor prior_divergence(const Tensor& x0, Marginal end, double prior_sigma) {
  const double scale = end.alpha / prior_sigma, ratio = end.sigma / prior_sigma;
  const auto dimension = static_cast<double>(row_size(x0));
  const double constant = dimension * (0.5 * (ratio * ratio - 1) - std::log(ratio));
  return per_sample(square(cast(x0, Dtype::f64))) * (0.5 * scale * scale) + constant;
}

/// Variance of Σₖ Σᵣ values[:, k, r] with the draws r of a step independent, [B].
Tensor variance_of_draws(const Tensor& values) {
  const auto draws = static_cast<double>(values.extent(2));
  const Tensor apart = values - mean(values, {2}, true);
  return sum(square(apart), {1, 2}) * (draws / (draws - 1));
}

class Bound {
 public:
  Bound(const Score& score, const ForwardSde& sde, const Tensor& x0, const BoundConfig& config,
        const BoundOptions& options)
      : score_(score),
        sde_(sde),
        x0_(x0.detach()),
        config_(config),
        options_(options),
        decoder_(config.decoder),
        t_min_(config.t_min > 0 ? config.t_min : sde.t_min()),
        width_(row_size(x0)) {
    if (decoder_ == "auto") decoder_ = options.levels.count > 0 ? "discretised" : "gaussian";
    if (decoder_ == "discretised" && config.t_min == 0) t_min_ = decoding_time(sde, options.levels);
    check();
    config.terms == "continuous" ? stratify() : discretise();
  }

  VariationalBound run() {
    const auto begin = std::chrono::steady_clock::now();
    const NoGrad off_tape;
    const std::int64_t n = x0_.extent(0), draws = config_.draws;
    VariationalBound result;
    result.diffusion = Tensor::empty({n, config_.steps, draws}, Dtype::f64);
    result.reconstruction = Tensor::empty({n, draws}, Dtype::f64);
    evaluate(result);
    result.prior = prior_divergence(x0_, sde_.marginal(sde_.t_max()), sde_.prior_sigma());
    result.nats = result.prior + sum(result.diffusion, {1, 2}) + mean(result.reconstruction, {1});
    if (draws > 1) {
      const Tensor decoded = reshape(result.reconstruction, {n, 1, draws}) / static_cast<double>(draws);
      result.standard_error = sqrt(variance_of_draws(result.diffusion) + variance_of_draws(decoded));
    }
    for (const Node& node : nodes_) result.t.push_back(node.t);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return result;
  }

 private:
  void check() const {
    require<ConfigError>(t_min_ < sde_.t_max(), "[bound] expected t_min < {}, got {}", sde_.t_max(), t_min_);
    require<ConfigError>(config_.steps > 0 && config_.draws > 0, "[bound] expected steps and draws >= 1, got {} and {}",
                         config_.steps, config_.draws);
    require<ConfigError>(options_.first_sample >= 0, "[bound] expected first_sample >= 0, got {}",
                         options_.first_sample);
    require<ConfigError>(options_.levels.count > 0 || decoder_ == "gaussian",
                         "[bound] the decoder \"{}\" is for whole numbers, and these data have no levels; take "
                         "\"gaussian\"",
                         decoder_);
    require<ConfigError>(config_.terms == "discrete" || !options_.log_variance_ratio,
                         "[bound] a variance of the model has a meaning for discrete steps alone");
  }

  void discretise() {
    const std::vector<double> grid = time_grid(config_.grid, sde_, config_.steps, t_min_);
    for (std::size_t k = 0; k + 1 < grid.size(); ++k) {
      const double step = sde_.marginal(grid[k + 1]).lambda() - sde_.marginal(grid[k]).lambda();
      const double weight = 0.5 * std::expm1(2 * step) / static_cast<double>(config_.draws);
      nodes_.insert(nodes_.end(), static_cast<std::size_t>(config_.draws), Node{grid[k], grid[k + 1], weight});
    }
  }

  void stratify() {
    const double begin = sde_.marginal(sde_.t_max()).lambda(), end = sde_.marginal(t_min_).lambda();
    const double stratum = (end - begin) / static_cast<double>(config_.steps);
    const Rng rng = Rng(config_.seed, Stream::bound).fork(times);
    for (std::int64_t k = 0; k < config_.steps; ++k)
      for (std::int64_t r = 0; r < config_.draws; ++r) {
        const double within = rng.uniform_at(static_cast<std::uint64_t>(k * config_.draws + r));
        const double lambda = begin + (static_cast<double>(k) + within) * stratum;
        nodes_.push_back({sde_.time_of_lambda(lambda), 0, stratum / static_cast<double>(config_.draws)});
      }
  }

  void evaluate(VariationalBound& result) {
    const std::int64_t n = x0_.extent(0);
    const std::int64_t wanted = detail::shard_size(width_, options_.shard, "bound");
    detail::ProgressMeter meter(options_.progress, n * static_cast<std::int64_t>(nodes_.size()));
    std::atomic<std::int64_t> calls = 0;
    detail::for_samples(n, wanted, score_.whole_batch(), [&](const RowRange& range) {
      const NoGrad off_tape;
      const auto [index, first, count] = range;
      const CountedScore counted(score_);
      const Part part{counted, x0_.rows(first, first + count), first + options_.first_sample};
      std::vector<Tensor> columns;
      for (std::size_t number = 0; number < nodes_.size(); ++number) {
        columns.push_back(reshape(divergence(part, number), {count, 1}));
        meter.add(count);
      }
      detail::store_rows(concat(columns, 1), result.diffusion, first);
      detail::store_rows(reconstruct(part), result.reconstruction, first);
      calls += counted.count();
    });
    result.nfe = static_cast<double>(calls) / static_cast<double>(n);
  }

  /// The samples of one shard, the first of which has number `first` in the streams.
  struct Part {
    Score score;
    Tensor x0;
    std::int64_t first;
  };
  struct Noised {
    Tensor epsilon, x;
  };

  Noised noised(const Part& part, Marginal at, const Rng& rng) const {
    const Tensor epsilon =
        rng.normal(part.x0.shape(), part.x0.dtype(), static_cast<std::uint64_t>(part.first * width_));
    return {epsilon, weighted_sum({{at.alpha, part.x0}, {at.sigma, epsilon}})};
  }

  /// Returns ε − ε̂ = ε + σ s(x, t), which is (α/σ) times x̂₀ − x₀, without the cancellation of either.
  Tensor residual(const Part& part, const Noised& at, double t) const {
    const Tensor s = part.score(at.x, t);
    require<ShapeError>(s.shape() == at.x.shape(), "[bound] expected the score to return {}, got {}",
                        to_string(at.x.shape()), to_string(s.shape()));
    const std::int64_t row = detail::first_not_finite(s);
    require<NumericalError>(row < 0,
                            "[bound] the score of sample {} is not finite at t = {}; check it there, or raise t_min",
                            part.first + row, t);
    return cast(weighted_sum({{1, at.epsilon}, {sde_.marginal(t).sigma, s}}), Dtype::f64);
  }

  /// Returns the part of evaluation `number` in the sum of divergences, [n].
  Tensor divergence(const Part& part, std::size_t number) const {
    const Node& node = nodes_[number];
    const Rng rng(config_.seed, Stream::bound, static_cast<std::uint32_t>(number));
    const Noised at = noised(part, sde_.marginal(node.t), rng);
    const Tensor squared = square(residual(part, at, node.t));
    if (!options_.log_variance_ratio) return per_sample(squared) * node.weight;
    // ½ (ρ + e^−ρ (1 + m²) − 1) of ρ = log(v/β̃) and the squared distance m² of the means in units of β̃
    const Tensor rho = cast(options_.log_variance_ratio(at.x, node.t, node.s), Dtype::f64);
    const auto draws = static_cast<double>(config_.draws);
    return per_sample((rho + expm1(-rho)) * (0.5 / draws) + exp(-rho) * squared * node.weight);
  }

  /// −log p(x₀|x_{t_min}), [n, draws].
  Tensor reconstruct(const Part& part) const {
    const Marginal at = sde_.marginal(t_min_);
    const double deviation = at.sigma / at.alpha;
    const Rng rng = Rng(config_.seed, Stream::bound).fork(decoding);
    std::vector<Tensor> columns;
    for (std::int64_t r = 0; r < config_.draws; ++r) {
      const Noised state = noised(part, at, rng.at(static_cast<std::uint32_t>(r)));
      const Tensor epsilon = cast(state.epsilon, Dtype::f64);
      const Tensor apart = (decoder_ == "categorical" ? epsilon : residual(part, state, t_min_)) * deviation;
      columns.push_back(reshape(-log_probability(part, epsilon, apart, deviation), {part.x0.extent(0), 1}));
    }
    return concat(columns, 1);
  }

  /// log p(x₀|x_{t_min}) of a decoder whose mean is x₀ + apart, [n].
  Tensor log_probability(const Part& part, const Tensor& epsilon, const Tensor& apart, double noise) const {
    const Tensor x0 = cast(part.x0, Dtype::f64);
    const double deviation = config_.deviation * noise;
    if (decoder_ == "categorical") return categorical_log_probability(x0, x0 + apart, noise, options_.levels);
    if (decoder_ == "discretised") return discretised_log_probability(x0, x0 + apart, deviation, options_.levels);
    // The control variate has mean 0 and nearly all of the noise of what it is added to.
    const Tensor control = per_sample(square(epsilon)) - static_cast<double>(width_);
    return gaussian_log_density(apart, deviation) + control * (0.5 / (config_.deviation * config_.deviation));
  }

  static constexpr std::uint64_t times = 1, decoding = 2;  // forks of the stream

  const Score& score_;
  const ForwardSde& sde_;
  Tensor x0_;
  const BoundConfig& config_;
  const BoundOptions& options_;
  std::string decoder_;
  double t_min_;
  std::int64_t width_;
  std::vector<Node> nodes_;
};

}  // namespace

double VariationalBound::mean_error() const {
  const std::int64_t draws = reconstruction.extent(1);
  if (draws < 2) return std::numeric_limits<double>::quiet_NaN();
  const Tensor decoded = reshape(mean(reconstruction, {0}), {1, 1, draws}) / static_cast<double>(draws);
  return std::sqrt(variance_of_draws(mean(diffusion, {0}, true)).item() + variance_of_draws(decoded).item());
}

VariationalBound variational_bound(const Score& score, const ForwardSde& sde, const Tensor& x0,
                                   const BoundConfig& config, const BoundOptions& options) {
  require<ShapeError>(x0.rank() > 1 && x0.size() > 0, "[bound] expected samples [B, ...], B > 0, got {}",
                      to_string(x0.shape()));
  return Bound(score, sde, x0, config, options).run();
}

}  // namespace fokker
