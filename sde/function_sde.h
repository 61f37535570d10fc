#pragma once

#include <string>

#include "fokker/sde/sde.h"

namespace fokker {

/// A drift or diffusion (x, t) → Tensor.  Solvers call it as they call a score.
using StateFunction = Score;

/// How a FunctionSde is named, and how Brownian motion enters it.
struct FunctionSdeConfig {
  std::string name = "user SDE";
  Noise noise = Noise::additive;
  Calculus calculus = Calculus::ito;
  std::int64_t brownian = 0;  // M, the number of Brownian motions, of general noise
};

/// An SDE given by its drift and diffusion.  Several threads call both at once with x [B, ...].  Where both are written
/// in ops they can be differentiated, which Milstein's method and the conversion between the calculi need.
class FunctionSde final : public Sde {
 public:
  /// Throws ConfigError unless `brownian` ≥ 1 for general noise, and 0 for other noise.
  FunctionSde(StateFunction drift, StateFunction diffusion, FunctionSdeConfig config = {});
  std::unique_ptr<Sde> clone() const override { return std::make_unique<FunctionSde>(*this); }
  std::string name() const override { return config_.name; }
  Noise noise() const override { return config_.noise; }
  Calculus calculus() const override { return config_.calculus; }
  Shape noise_shape(const Shape& x) const override;
  /// Throw ShapeError where the function's result does not have the shape that Sde asks for.
  Tensor drift(const Tensor& x, double t) const override;
  Tensor diffusion(const Tensor& x, double t) const override;
  bool takes_shards() const override { return !drift_.whole_batch() && !diffusion_.whole_batch(); }

 private:
  StateFunction drift_, diffusion_;
  FunctionSdeConfig config_;
};

}  // namespace fokker
