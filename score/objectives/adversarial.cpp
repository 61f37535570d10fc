#include "fokker/score/objectives/adversarial.h"

#include <cmath>
#include <cstring>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/score/objectives/noising.h"

namespace fokker {
namespace {

constexpr Marginal data_itself{1, 0};

/// The FNV-1a hash of a row's bytes.
std::uint64_t digest(const std::byte* bytes, std::int64_t count) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::int64_t i = 0; i < count; ++i) hash = (hash ^ static_cast<std::uint64_t>(bytes[i])) * 0x100000001b3;
  return hash;
}

/// Normal numbers of the shard's own samples, apart from those of other `use`s.
Tensor noise(const Shard& shard, std::uint64_t use) {
  Shard own = shard;
  own.seed = Rng(shard.seed).fork(use).seed();
  return noise_of(own);
}

Tensor generate(const Network& network, const Tensor& x, const Tensor& label, std::int64_t latent, const Pass& pass) {
  const Tensor input = latent > 0 ? concat({x, latent_of(x, latent)}, x.rank() - 1) : x;
  const Tensor data = network(input, label, pass);
  require<ShapeError>(data.shape() == x.shape(),
                      "[adversarial] expected the generator to return {}, got {}: a network that takes {} channels "
                      "more than network.out_channels, those of the data",
                      x.shape(), data.shape(), latent);
  return data;
}

/// The step from x_s to x_t: α_t/α_s and the deviation of the noise between them.
Marginal passage(Marginal s, Marginal t) {
  const double ratio = t.alpha / s.alpha;
  return {ratio, std::sqrt(std::max(0.0, t.sigma * t.sigma - ratio * ratio * s.sigma * s.sigma))};
}

Tensor scaled(const std::vector<double>& by, const Tensor& x) { return x * per_sample(by, x); }

}  // namespace

PosteriorStep posterior_step(Marginal s, Marginal t) {
  const Marginal between = passage(s, t);
  const double variance = t.sigma * t.sigma;
  return {.x = between.alpha * s.sigma * s.sigma / variance,
          .data = s.alpha * between.sigma * between.sigma / variance,
          .sigma = s.sigma * between.sigma / t.sigma};
}

std::vector<double> generator_times(const ForwardSde& sde, std::int64_t levels) {
  std::vector<double> times;
  for (std::int64_t i = std::max<std::int64_t>(levels, 1); i > 0; --i)
    times.push_back(sde.t_max() * static_cast<double>(i) / static_cast<double>(std::max<std::int64_t>(levels, 1)));
  return times;
}

Tensor latent_of(const Tensor& x, std::int64_t channels) {
  const Shape shape = with_extent(x.shape(), x.rank() - 1, channels), one = with_extent(shape, 0, 1);
  const std::int64_t rows = x.extent(0), bytes = x.bytes() / std::max<std::int64_t>(rows, 1);
  Tensor z = Tensor::empty(shape, x.dtype());
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint64_t seed = digest(static_cast<const std::byte*>(x.raw()) + row * bytes, bytes);
    const Tensor own = Rng(seed, Stream::noise).normal(one, x.dtype());
    std::memcpy(static_cast<std::byte*>(z.raw()) + row * own.bytes(), own.raw(), static_cast<std::size_t>(own.bytes()));
  }
  return z;
}

Adversarial::Adversarial(const ForwardSde& sde, std::int64_t levels, AdversarialConfig config, const Shape& sample,
                         const Rng& rng)
    : sde_(share(sde)),
      levels_(levels),
      config_(std::move(config)),
      kind_(adversarial_loss(config_.loss)),
      times_(generator_times(sde, levels)) {
  const int last = sample.rank() - 1;
  const Shape seen = conditional() ? with_extent(sample, last, 2 * sample[last]) : sample;
  discriminator_ = make_discriminator(config_.discriminator, config_.perceptron ? Shape{seen.size()} : seen, rng,
                                      config_.fourier_features);
}

Adversarial::Adversarial(const Adversarial& other)
    : Objective(other),
      sde_(other.sde_),
      levels_(other.levels_),
      config_(other.config_),
      kind_(other.kind_),
      times_(other.times_),
      discriminator_(static_cast<Network*>(other.discriminator_->clone().release())) {}

Adversarial::Pair Adversarial::unconditional_pair(const Network& network, const Shard& shard) const {
  const double t = times_.front();
  const Tensor prior = noise_of(shard) * sde_->prior_sigma();
  const Tensor label = Tensor::full({shard.rows()}, time_label(*sde_, t), shard.x0.dtype());
  return {.real = shard.x0,
          .fake = generate(network, prior * input_scale(sde_->marginal(t)), label, 0, shard.pass()),
          .beside = {},
          .time = Tensor::zeros({shard.rows()}, shard.x0.dtype())};
}

Adversarial::Pair Adversarial::conditional_pair(const Network& network, const Shard& shard) const {
  const Rng rng(shard.seed, Stream::time, shard.step);
  std::vector<double> label, scale, alpha, sigma, ratio, fresh, by_x, by_data, deviation;
  for (std::int64_t row = 0; row < shard.rows(); ++row) {
    const auto level = rng.index(static_cast<std::uint64_t>(shard.first + row), times_.size());
    const Marginal t = sde_->marginal(times_[level]);
    const Marginal s = level + 1 < times_.size() ? sde_->marginal(times_[level + 1]) : data_itself;
    const Marginal between = passage(s, t);
    const PosteriorStep back = posterior_step(s, t);
    label.push_back(time_label(*sde_, times_[level]));
    scale.push_back(input_scale(t));
    alpha.push_back(s.alpha);
    sigma.push_back(s.sigma);
    ratio.push_back(between.alpha);
    fresh.push_back(between.sigma);
    by_x.push_back(back.x);
    by_data.push_back(back.data);
    deviation.push_back(back.sigma);
  }
  Pair pair;
  pair.real = scaled(alpha, shard.x0) + scaled(sigma, noise_of(shard));
  const Tensor x = scaled(ratio, pair.real) + scaled(fresh, noise(shard, 1));
  pair.beside = scaled(scale, x);
  pair.time = Tensor::from(label, {shard.rows()}, x.dtype());
  const Tensor data = generate(network, pair.beside, pair.time, config_.latent, shard.pass());
  pair.fake = scaled(by_x, x) + scaled(by_data, data) + scaled(deviation, noise(shard, 2));
  return pair;
}

Tensor Adversarial::logits(const Network& discriminator, const Tensor& x, const Pair& pair, const Pass& pass) const {
  const Tensor seen = conditional() ? concat({x, pair.beside}, x.rank() - 1) : x;
  const std::int64_t rows = seen.extent(0);
  return judge(discriminator, config_.perceptron ? reshape(seen, {rows, seen.size() / rows}) : seen, pair.time, pass);
}

ShardLoss Adversarial::loss(const Network& network, const Shard& shard) const {
  Pair pair = conditional() ? conditional_pair(network, shard) : unconditional_pair(network, shard);
  Pass pass = shard.pass();
  pass.condition = {};
  const bool penalised = config_.r1 > 0 && shard.step % static_cast<std::uint32_t>(config_.r1_every) == 0;
  const Tensor real = penalised ? pair.real.leaf() : pair.real;
  const Tensor judged = logits(*discriminator_, real, pair, pass);
  Tensor each = discriminator_loss(kind_, judged, logits(*discriminator_, pair.fake.detach(), pair, pass)) +
                generator_loss(kind_, logits(*frozen(*discriminator_), pair.fake, pair, pass));
  if (penalised)
    each = each + gradient_penalty(judged, real) * (0.5 * config_.r1 * static_cast<double>(config_.r1_every));
  return {.total = sum(each) * (1 / static_cast<double>(shard.batch))};
}

Score Adversarial::score(std::shared_ptr<const Network> network) const {
  return [network = std::move(network), sde = sde_, latent = conditional() ? config_.latent : 0](const Tensor& x,
                                                                                                 double t) {
    const Level at = level(*sde, t);
    const Tensor label = Tensor::full({x.extent(0)}, time_label(*sde, t), x.dtype());
    const Tensor data = generate(*network, x * input_scale(at), label, latent, {});
    return convert(data, x, Prediction::x0, Prediction::score, at);
  };
}

}  // namespace fokker
