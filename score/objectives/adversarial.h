#pragma once

#include <memory>
#include <vector>

#include "fokker/score/networks/discriminator.h"
#include "fokker/score/objectives/adversarial_config.h"
#include "fokker/score/objectives/adversarial_loss.h"
#include "fokker/score/objectives/objective.h"

namespace fokker {

/// The law of x_s given x_t and x₀, with s before t, is N(x_t·`x` + x₀·`data`, `sigma`²).  Where s is the time of the
/// data, the law is a point at x₀.
struct PosteriorStep {
  double x, data, sigma;
};
PosteriorStep posterior_step(Marginal s, Marginal t);

/// Returns the times t_max·(T, …, 1)/T of a model with T = `levels` levels.  The generator is asked at these times, one
/// after the other.
std::vector<double> generator_times(const ForwardSde& sde, std::int64_t levels);

/// Standard normal numbers in the shape of x [B, …, C] with `channels` in place of C.  Each row is a function of the
/// bits of that row of x alone, so a state with fresh noise has a fresh latent.  The latent of a row does not depend on
/// the batch around it.
Tensor latent_of(const Tensor& x, std::int64_t channels);

/// Trains a generator x̂₀ = G(x_t, z, t), which is the network, against a discriminator of its own.
///   levels = 0, a GAN [goodfellow2014]:  x̂₀ = G(x_T), x_T ~ N(0, σ_T²) at t_max, against d(x₀).
///   levels = T, the denoising-diffusion GAN [xiao2022]:  t of the `generator_times`, s the next one or the data,
///     x_s ~ q(x_s|x₀),  x_t ~ q(x_t|x_s),  x̂_s ~ q(x_s|x_t, G(x_t, z, t)),  against d(x_s, x_t, t).
/// Both networks descend in one step, each in its own loss (simultaneous gradients [mescheder2018]).  `loss` returns
/// the sum of the two losses: the discriminator's loss sees detached samples, and the generator's loss sees a frozen
/// discriminator.  The score of a generator is (α x̂₀ − x)/σ².  The solver `ancestral`, run on the `generator_times` and
/// denoised at the end, draws a sample from it in T evaluations; a GAN takes one.
class Adversarial final : public Objective {
 public:
  /// `sample` is the shape of one sample.  Throws ConfigError for unknown settings.
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
  /// What the discriminator is shown: x_s and, where it is conditional, x_t and the time.
  struct Pair {
    Tensor real, fake;  // x_s [B, …]; `fake` is on the tape of the generator
    Tensor beside;      // x_t [B, …]; undefined for a GAN
    Tensor time;        // time label of t, [B]
  };
  bool conditional() const { return levels_ > 0; }
  Pair unconditional_pair(const Network& network, const Shard& shard) const;
  Pair conditional_pair(const Network& network, const Shard& shard) const;
  Tensor logits(const Network& discriminator, const Tensor& x, const Pair& pair, const Pass& pass) const;

  std::shared_ptr<const ForwardSde> sde_;
  std::int64_t levels_;
  AdversarialConfig config_;
  AdversarialLoss kind_;
  std::vector<double> times_;  // in falling order
  std::unique_ptr<Network> discriminator_;
};

}  // namespace fokker
