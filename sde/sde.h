#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fokker/core/base/tensor.h"
#include "fokker/core/ops/rng.h"
#include "fokker/sde/score.h"

namespace fokker {

/// How Brownian motion B enters an SDE:
///   additive:  through a diffusion of t alone.
///   diagonal:  component i of B drives component i of x, by a diffusion that sees that component alone.
///   scalar:    one B drives all components.
///   general:   through a matrix times B.
enum class Noise : std::uint8_t { none, additive, diagonal, scalar, general };
const char* to_string(Noise noise);

/// The calculus in which ∫ g dB is meant.  Under additive noise the two agree.
enum class Calculus : std::uint8_t { ito, stratonovich };
const char* to_string(Calculus calculus);

/// A stochastic differential equation, dx = drift(x, t) dt + diffusion(x, t) dB.
class Sde {
 public:
  virtual ~Sde() = default;
  virtual std::unique_ptr<Sde> clone() const = 0;
  virtual std::string name() const = 0;
  virtual Noise noise() const = 0;
  virtual Calculus calculus() const { return Calculus::ito; }
  /// Returns the shape of B for a state of shape `x`.  It is x itself, one number a sample for scalar noise, or [B, M]
  /// for general noise.
  virtual Shape noise_shape(const Shape& x) const;
  virtual Tensor drift(const Tensor& x, double t) const = 0;
  /// Returns g(x, t), of x's shape or a scalar; for general noise [B, D, M] for x [B, D].
  virtual Tensor diffusion(const Tensor& x, double t) const = 0;
  /// Whether several threads may call the SDE at once, each with a part of the batch.
  virtual bool takes_shards() const { return true; }
};

/// The law of x_t | x_0 ~ N(alpha x_0, sigma²).
struct Marginal {
  double alpha, sigma;
  /// Returns log(alpha/sigma) = ½ log SNR.
  double lambda() const;
};

/// A diffusion from data at t = 0 to a prior at t = t_max, with linear drift f(t) x and additive noise g(t).
/// Everything follows from alpha(t) and sigma(t).
class ForwardSde : public Sde {
 public:
  Noise noise() const final { return Noise::additive; }
  virtual Marginal marginal(double t) const = 0;
  /// Return f and g of dx = f(t) x dt + g(t) dB.
  virtual double drift_rate(double t) const = 0;
  virtual double diffusion_rate(double t) const = 0;
  Tensor drift(const Tensor& x, double t) const final;
  Tensor diffusion(const Tensor& x, double t) const final;

  virtual double t_max() const { return 1; }
  /// Returns the time at which sampling ends by default, since the score diverges where sigma(0) = 0.
  virtual double t_min() const { return 1e-3; }
  /// Returns the time as networks see it, in [0, 1]; training draws labels uniformly.
  virtual double label(double t) const { return t / t_max(); }
  virtual double time_of_label(double label) const { return label * t_max(); }
  /// Returns the standard deviation of the prior N(0, prior_sigma²) at t_max.
  virtual double prior_sigma() const { return marginal(t_max()).sigma; }
  /// Returns draws of the prior, of shape [B, ...].  Sample i of the batch has number first_sample + i in the stream.
  Tensor prior(const Shape& shape, const Rng& rng, Dtype dtype = Dtype::f32, std::int64_t first_sample = 0) const;
  /// Returns the t in [0, t_max] at which lambda(t) = `lambda`, or the nearer end for values beyond.  The default
  /// bisects to the last bit; an SDE that knows the inverse overrides it.
  virtual double time_of_lambda(double lambda) const;
};

/// Returns a copy of the same type.
std::shared_ptr<const ForwardSde> share(const ForwardSde& sde);

}  // namespace fokker
