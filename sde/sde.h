#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fokker/core/base/tensor.h"
#include "fokker/core/ops/rng.h"
#include "fokker/sde/score.h"

namespace fokker {

/// How Brownian motion enters.  Additive: through a diffusion of t alone.  Diagonal: component i of B drives component i of
/// x, by a diffusion that sees that component alone.  Scalar: one B drives all components.  General: a matrix times B.
enum class Noise : std::uint8_t { none, additive, diagonal, scalar, general };
const char* to_string(Noise noise);

/// In which sense ∫ g dB is meant.  With additive noise the two agree.
enum class Calculus : std::uint8_t { ito, stratonovich };
const char* to_string(Calculus calculus);

/// dx = drift(x, t) dt + diffusion(x, t) dB.
class Sde {
 public:
  virtual ~Sde() = default;
  virtual std::unique_ptr<Sde> clone() const = 0;
  virtual std::string name() const = 0;
  virtual Noise noise() const = 0;
  virtual Calculus calculus() const { return Calculus::ito; }
  /// Shape of B for a state of shape `x`: the state's own; scalar: one number a sample; general: [B, M].
  virtual Shape noise_shape(const Shape& x) const;
  virtual Tensor drift(const Tensor& x, double t) const = 0;
  /// Of x's shape, or a scalar; general noise: [B, D, M] for x [B, D].
  virtual Tensor diffusion(const Tensor& x, double t) const = 0;
  /// Whether several threads may call it at once, each with a part of the batch.
  virtual bool takes_shards() const { return true; }
};

/// x_t | x_0 ~ N(alpha x_0, sigma²)
struct Marginal {
  double alpha, sigma;
  /// log(alpha/sigma) = ½ log SNR
  double lambda() const;
};

/// A diffusion from data at t = 0 to a prior at t = t_max: linear drift f(t) x, additive noise g(t), so that everything
/// follows from alpha(t) and sigma(t).
class ForwardSde : public Sde {
 public:
  Noise noise() const final { return Noise::additive; }
  virtual Marginal marginal(double t) const = 0;
  /// f and g of dx = f(t) x dt + g(t) dB
  virtual double drift_rate(double t) const = 0;
  virtual double diffusion_rate(double t) const = 0;
  Tensor drift(const Tensor& x, double t) const final;
  Tensor diffusion(const Tensor& x, double t) const final;

  virtual double t_max() const { return 1; }
  /// Where sampling ends by default: the score diverges where sigma(0) = 0.
  virtual double t_min() const { return 1e-3; }
  /// Time as networks see it, in [0, 1]; training draws labels uniformly.
  virtual double label(double t) const { return t / t_max(); }
  virtual double time_of_label(double label) const { return label * t_max(); }
  /// Standard deviation of the prior N(0, prior_sigma²) at t_max.
  virtual double prior_sigma() const { return marginal(t_max()).sigma; }
  /// Draws of the prior, shape [B, ...]; sample i of the batch is number first_sample + i of the stream.
  Tensor prior(const Shape& shape, const Rng& rng, Dtype dtype = Dtype::f32, std::int64_t first_sample = 0) const;
  /// The t in [0, t_max] at which lambda(t) = `lambda`; the nearer end outside the range.  By bisection to the last bit
  /// unless an SDE knows the inverse.
  virtual double time_of_lambda(double lambda) const;
};

/// A copy that keeps its type.
std::shared_ptr<const ForwardSde> share(const ForwardSde& sde);

}  // namespace fokker
