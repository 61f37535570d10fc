#pragma once

#include <vector>

#include "fokker/sde/reverse.h"

namespace fokker {

/// The variable in which the reverse diffusion is solved: the SDE's own time t, the half
/// log-SNR λ = log(α/σ), or the SNR τ = (α/σ)².
enum class Clock : std::uint8_t { t, log_snr, snr };

std::vector<std::string> clock_names();
/// Throws ConfigError, which names the known clocks, for an unknown name.
Clock clock(const std::string& name);

/// Return the clock's reading at time t of the forward SDE, and the time of a reading.
double to_clock(const ForwardSde& sde, Clock clock, double t);
double from_clock(const ForwardSde& sde, Clock clock, double reading);

/// A reverse diffusion in one of the clocks, as an Sde that any solver takes.  The solver's state variable is a
/// function of x and t.
class ClockedReverse : public Sde {
 public:
  std::string name() const override { return "clocked reverse " + sde_->name(); }
  /// Return the state variable of x at time t, and x of a state; both have x's shape.
  virtual Tensor enter(const Tensor& x, double t) const = 0;
  virtual Tensor leave(const Tensor& state, double t) const = 0;
  bool takes_shards() const override { return !score_.whole_batch(); }

 protected:
  ClockedReverse(const ForwardSde& sde, Score score) : sde_(share(sde)), score_(std::move(score)) {}
  std::shared_ptr<const ForwardSde> sde_;
  Score score_;
};

/// The reverse diffusion of η in each clock, with D = (x + σ² s)/α the denoiser:
///   clock t:        ReverseSde itself, state x.
///   clock log_snr:  dx = (f x · dt/dλ + (1 + η²) σ² s) dλ + √2 η σ dB_λ,  dt/dλ = −2 σ²/g²,  state x.
///   clock snr:      dz = D(x, t) dτ + dB_τ,  state z = x α/σ²,  for η = 1 alone.
/// The clock snr has unit additive noise and no stiffness: in this clock Euler–Maruyama is ancestral sampling [ho2020].
/// Throws ConfigError for the clock snr with η ≠ 1.
std::unique_ptr<ClockedReverse> clocked_reverse(const ForwardSde& sde, Score score, Clock clock, double eta = 1);

/// Returns E[x₀ | x_t = x] = (x + σ² s)/α, of x's shape, by Tweedie's formula
/// [efron2011], with one evaluation of the score.
Tensor denoise(const ForwardSde& sde, const Score& score, const Tensor& x, double t);

}  // namespace fokker
