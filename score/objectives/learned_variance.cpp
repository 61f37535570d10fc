#include "fokker/score/objectives/learned_variance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr double bound_share = 0.001;    // weight of L_vlb in L_hybrid
constexpr std::int64_t remembered = 10;  // number of remembered values of each L_t
constexpr double uniform_share = 0.001;  // share of uniform draws, so that no level is forgotten

LearnedVarianceConfig checked(LearnedVarianceConfig config) {
  require<ConfigError>(config.objective == "hybrid" || config.objective == "vlb",
                       "[learned_variance] expected the objective hybrid or vlb, got {}", config.objective);
  require<ConfigError>(config.times.levels >= 2,
                       "[train] the objective \"{}\" is a model of finitely many noise levels: set train.levels, as in "
                       "1000; got {}",
                       config.objective, config.times.levels);
  return config;
}

/// The first half of the channels.
class Predicting final : public Network {
 public:
  explicit Predicting(std::shared_ptr<const Network> network) : network_(std::move(network)) {}
  Tensor operator()(const Tensor& x, const Tensor& time, const Pass& pass) const override {
    const Tensor both = (*network_)(x, time, pass);
    return slice(both, x.rank() - 1, 0, x.extent(x.rank() - 1));
  }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Predicting>(*this); }
  void visit(const ParameterVisitor&) override {}

 private:
  std::shared_ptr<const Network> network_;
};

/// The ratio 2 log(σ_t/σ_s), which is the largest log(v/β̃) for w in [0, 1].
double log_range(const Marginal& at, const Marginal& below) { return 2 * std::log(at.sigma / below.sigma); }

}  // namespace

LearnedVariance::LearnedVariance(const ForwardSde& sde, LearnedVarianceConfig config)
    : sde_(share(sde)), config_(checked(std::move(config))), sampler_(config_.times, sde) {
  for (std::int64_t i = 0; i < config_.times.levels; ++i) t_.push_back(sampler_.level_time(i));
  if (config_.objective == "vlb") {
    history_ = Tensor::zeros({config_.times.levels, remembered}, Dtype::f64);
    count_ = Tensor::zeros({config_.times.levels}, Dtype::f64);
  }
}

void LearnedVariance::visit(const ParameterVisitor& visitor) {
  if (!history_.defined()) return;
  visitor.fixed("history", history_);
  visitor.fixed("count", count_);
}

void LearnedVariance::observe(std::span<const double> label, std::span<const double> error) {
  if (!history_.defined()) return;
  const auto values = history_.data<double>(), counts = count_.data<double>();
  const double first = sde_->label(config_.times.t_min);
  for (std::size_t i = 0; i < label.size(); ++i) {
    const double place = (label[i] - first) / (1 - first) * static_cast<double>(t_.size() - 1);
    const auto level = static_cast<std::size_t>(std::lround(place));
    const auto slot = static_cast<std::size_t>(std::fmod(counts[level], static_cast<double>(remembered)));
    values[level * remembered + slot] = error[i];
    counts[level] += 1;
  }
}

std::vector<double> LearnedVariance::probabilities() const {
  const auto levels = static_cast<double>(t_.size());
  std::vector<double> result(t_.size(), 1 / levels);
  if (!history_.defined()) return result;
  const auto counts = std::as_const(count_).data<double>(), values = std::as_const(history_).data<double>();
  if (!std::ranges::all_of(counts, [](double count) { return count >= remembered; })) return result;
  double whole = 0;
  for (std::size_t level = 0; level < t_.size(); ++level) {
    double squares = 0;
    for (const double value : values.subspan(level * remembered, remembered)) squares += value * value;
    whole += result[level] = std::sqrt(squares / remembered);
  }
  for (double& p : result) p = uniform_share / levels + (1 - uniform_share) * p / whole;
  return result;
}

LearnedVariance::Draw LearnedVariance::draw(const Shard& shard) const {
  const std::vector<double> probability = probabilities();
  std::vector<double> cumulative;
  for (double whole = 0; const double p : probability) cumulative.push_back(whole += p);
  Draw result;
  for (std::int64_t i = shard.first; i < shard.first + shard.rows(); ++i) {
    const double u = sampler_.unit(shard.seed, shard.step, shard.batch, i) * cumulative.back();
    const auto above = std::ranges::upper_bound(cumulative, u) - cumulative.begin();
    const auto level = static_cast<std::size_t>(std::min<std::ptrdiff_t>(above, std::ssize(t_) - 1));
    result.index.push_back(level);
    result.time.t.push_back(t_[level]);
    result.time.inverse_density.push_back(1 / (static_cast<double>(t_.size()) * probability[level]));
  }
  return result;
}

Tensor LearnedVariance::bound_terms(const Shard& shard, const Noised& noised, const Draw& draw,
                                    const Tensor& difference, const Tensor& output) const {
  std::vector<double> range, growth;
  std::vector<std::int64_t> decoded;
  for (std::size_t i = 0; i < draw.index.size(); ++i) {
    const Marginal at = noised.level[i], below = sde_->marginal(t_[std::max<std::size_t>(draw.index[i], 1) - 1]);
    const bool first = draw.index[i] == 0;
    if (first) decoded.push_back(static_cast<std::int64_t>(i));
    range.push_back(first ? 0 : log_range(at, below));
    growth.push_back(first ? 0 : std::expm1(2 * (below.lambda() - at.lambda())));
  }
  const Tensor rho = (output + 1) * 0.5 * per_sample(range, output);
  const Tensor distance = square(difference) * per_sample(growth, difference);
  const Tensor nats = cast(sample_mean(rho + expm1(-rho) + exp(-rho) * distance) * 0.5, Dtype::f64);
  if (decoded.empty()) return nats / std::numbers::ln2;
  // The error is x̂₀ − x₀ = (σ/α)(ε − ε̂), so ε − ε̂ is the decoder's offset.
  const Marginal first = sde_->marginal(t_.front());
  const Tensor nll = decoder_nll(gather(shard.x0, decoded), gather(difference, decoded),
                                 Tensor::scalar(-first.lambda(), Dtype::f64), config_.grey);
  const Tensor mean = cast(nll, Dtype::f64) / static_cast<double>(shard.dimension());
  return (nats + scatter_add(mean, decoded, shard.rows())) / std::numbers::ln2;
}

Tensor LearnedVariance::prior_terms(const Shard& shard) const {
  const Marginal end = sde_->marginal(sde_->t_max());
  const double signal = end.alpha / sde_->prior_sigma(), noise = end.sigma / sde_->prior_sigma();
  const Tensor squares = cast(sample_mean(square(shard.x0)), Dtype::f64);
  return (squares * (signal * signal) + (noise * noise - 1 - 2 * std::log(noise))) * (0.5 / std::numbers::ln2);
}

ShardLoss LearnedVariance::loss(const Network& network, const Shard& shard) const {
  const Parameterization& p = config_.parameterization;
  const Draw drawn = draw(shard);
  const Noised noised = add_noise(shard, *sde_, drawn.time, p.data_sigma);
  const Tensor both = predict(network, p, *sde_, noised, shard, 2);
  const int last = both.rank() - 1;
  const std::int64_t channels = shard.x0.extent(last);
  const Tensor residual = slice(both, last, 0, channels) - target(p.prediction, noised, shard.x0);
  std::vector<double> by_noise, label;
  for (std::size_t i = 0; i < noised.t.size(); ++i) {
    by_noise.push_back(-1 / convert(Prediction::epsilon, p.prediction, noised.level[i]).predicted);
    label.push_back(sde_->label(noised.t[i]));
  }
  const bool hybrid = config_.objective == "hybrid";
  const Tensor difference = (hybrid ? residual.detach() : residual) * per_sample(by_noise, residual);
  const Tensor terms = bound_terms(shard, noised, drawn, difference, slice(both, last, channels, 2 * channels));
  const auto batch = static_cast<double>(shard.batch), levels = static_cast<double>(t_.size());
  if (!hybrid) {
    const Tensor weight = Tensor::from(drawn.time.inverse_density, terms.shape(), Dtype::f64) * levels;
    return {.total = sum(terms * weight + prior_terms(shard)) * (1 / batch),
            .label = std::move(label),
            .error = terms.to_vector()};
  }
  const Tensor error = sample_mean(square(residual));
  return {.total = sum(cast(error, Dtype::f64) + terms * (bound_share * levels)) * (1 / batch),
          .label = std::move(label),
          .error = error.to_vector()};
}

Score LearnedVariance::score(std::shared_ptr<const Network> network) const {
  return network_score(std::make_shared<Predicting>(std::move(network)), *sde_, config_.parameterization);
}

LogVarianceRatio LearnedVariance::log_variance_ratio(std::shared_ptr<const Network> network) const {
  return [network = std::move(network), sde = sde_, p = config_.parameterization](const Tensor& x, double t, double s) {
    const Tensor both = ask(*network, *sde, p, x, t);
    const int last = x.rank() - 1;
    const std::int64_t channels = x.extent(last);
    return (slice(both, last, channels, 2 * channels) + 1) * (0.5 * log_range(sde->marginal(t), sde->marginal(s)));
  };
}

}  // namespace fokker
