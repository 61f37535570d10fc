#include "fokker/sde/function_sde.h"

namespace fokker {

FunctionSde::FunctionSde(StateFunction drift, StateFunction diffusion, FunctionSdeConfig config)
    : drift_(std::move(drift)), diffusion_(std::move(diffusion)), config_(std::move(config)) {
  require<ConfigError>(
      (config_.noise == Noise::general) == (config_.brownian > 0),
      "[{}] expected `brownian`, the number of Brownian motions, with general noise and only there; got "
      "{} with {} noise",
      config_.name, config_.brownian, to_string(config_.noise));
}

Shape FunctionSde::noise_shape(const Shape& x) const {
  if (config_.noise != Noise::general) return Sde::noise_shape(x);
  require<ShapeError>(x.rank() == 2, "[{}] general noise takes a state [B, D], got {}", config_.name, x);
  return {x[0], config_.brownian};
}

Tensor FunctionSde::drift(const Tensor& x, double t) const {
  Tensor f = drift_(x, t);
  require<ShapeError>(f.shape() == x.shape(), "[{}] drift: expected the state's shape {}, got {}", config_.name,
                      x.shape(), f.shape());
  return f;
}

Tensor FunctionSde::diffusion(const Tensor& x, double t) const {
  Tensor g = diffusion_(x, t);
  const bool general = config_.noise == Noise::general;
  const Shape wanted = general ? with_axis(x.shape(), 2, config_.brownian) : x.shape();
  require<ShapeError>(g.shape() == wanted || (!general && g.rank() == 0),
                      "[{}] diffusion: expected the shape {}{}, got {}", config_.name, wanted,
                      general ? "" : " or a scalar", g.shape());
  return g;
}

}  // namespace fokker
