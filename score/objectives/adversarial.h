#pragma once

#include <memory>
#include <vector>

#include "fokker/score/networks/discriminator.h"
#include "fokker/score/objectives/adversarial_config.h"
#include "fokker/score/objectives/adversarial_loss.h"
#include "fokker/score/objectives/objective.h"

namespace fokker {

/// The law of x_s given x_t and x₀, s before t:  N(x_t·`x` + x₀·`data`, `sigma`²).  With s at the data, x₀ itself.
struct PosteriorStep {
  double x, data, sigma;
};
PosteriorStep posterior_step(Marginal s, Marginal t);

/// The times of a model of T levels: t_max·(T, …, 1)/T, at which its generator is asked, one after the other.
std::vector<double> generator_times(const ForwardSde& sde, std::int64_t levels);

/// Standard normal numbers with `channels` in place of x's last axis, a function of the bits of each row of x: a state that
/// holds fresh noise brings a fresh latent with it, the same for any batch that it lies in.
Tensor latent_of(const Tensor& x, std::int64_t channels);

/// A generator x̂₀ = G(x_t, z, t), the network, against a discriminator of its own.
///   levels = 0, a GAN [goodfellow2014]:  x̂₀ = G(x_T), x_T ~ N(0, σ_T²) at t_max, against d(x₀).
///   levels = T, the denoising-diffusion GAN [xiao2022]:  t of the `generator_times`, s the next one or the data,
///     x_s ~ q(x_s|x₀),  x_t ~ q(x_t|x_s),  x̂_s ~ q(x_s|x_t, G(x_t, z, t)),  against d(x_s, x_t, t).
/// Both descend in the same step, each in its own loss (simultaneous gradients [mescheder2018]): the loss here is the sum of
/// the discriminator's, of detached samples, and the generator's, of a frozen discriminator.
/// The generator is the score (α x̂₀ − x)/σ², of which `ancestral` at the `generator_times`, denoised at the end, draws a
/// sample in T evaluations; a GAN's is that of one time.
class Adversarial final : public Objective {
 public:
  /// `sample`: shape of one sample.  Throws ConfigError for settings that are not known.
  Adversarial(const ForwardSde& sde, std::int64_t levels, AdversarialConfig config, const Shape& sample,
              const Rng& rng);
  Adversarial(const Adversarial& other);
  Adversarial& operator=(const Adversarial&) = delete;

  ShardLoss loss(const Network& network, const Shard& shard) const override;
  std::shared_ptr<const ForwardSde> sde() const override { return sde_; }
  Score score(std::shared_ptr<const Network> network) const override;
  double rate() const override { return config_.discriminator_rate; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Adversarial>(*this); }
  void visit(const ParameterVisitor& visitor) override { visitor("discriminator", *discriminator_); }
  Network& discriminator() const { return *discriminator_; }

 private:
  /// What the discriminator is shown: x_s, and beside it x_t and the time where it is conditional.
  struct Pair {
    Tensor real, fake;  // x_s; `fake` on the tape of the generator
    Tensor beside;      // x_t; undefined for a GAN
    Tensor time;        // label of t, [B]
  };
  bool conditional() const { return levels_ > 0; }
  Pair unconditional_pair(const Network& network, const Shard& shard) const;
  Pair conditional_pair(const Network& network, const Shard& shard) const;
  Tensor logits(const Network& discriminator, const Tensor& x, const Pair& pair, const Pass& pass) const;

  std::shared_ptr<const ForwardSde> sde_;
  std::int64_t levels_;
  AdversarialConfig config_;
  AdversarialLoss kind_;
  std::vector<double> times_;  // falling
  std::unique_ptr<Network> discriminator_;
};

}  // namespace fokker
