#pragma once

#include <memory>
#include <span>
#include <string>

#include "fokker/core/nn/module.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// What a network predicts about x_t = α x₀ + σ ε:
///   epsilon   the noise ε
///   x0        the data x₀
///   v         α ε − σ x₀ [salimans2022]
///   score     −ε/σ
///   velocity  dx_t/dt = α′ x₀ + σ′ ε, as in flow matching [lipman2023]
///   edm       F = (σ x₀/σ_d − α σ_d ε)/√(α²σ_d² + σ²), of variance 1 for data of standard deviation σ_d [karras2022]
enum class Prediction : std::uint8_t { epsilon, x0, v, score, velocity, edm };

std::span<const char* const> prediction_names();
/// Returns the prediction of this name.  Throws ConfigError, naming the known predictions, for another name.
Prediction prediction(const std::string& name);

/// The number that tells a network the time.
///   index      the SDE's label as 0 … 1,000, which is usual for sinusoidal embeddings
///   sigma      σ/α, for networks that divide by it
///   log_sigma  ¼ log(σ/α), as in EDM [karras2022]
enum class TimeLabel : std::uint8_t { index, sigma, log_sigma };

std::span<const char* const> time_label_names();
TimeLabel time_label(const std::string& name);

/// How a network is asked and how its output is understood.
struct Parameterization {
  Prediction prediction = Prediction::epsilon;
  double data_sigma = 1;  // standard deviation of the data, for input_scale and the output of EDM
  TimeLabel time_label = TimeLabel::index;
  bool scale_input = true;  // whether networks see x_t times input_scale, or x_t itself

  Parameterization() = default;
  Parameterization(Prediction what) : prediction(what) {}  // NOLINT(google-explicit-constructor): the rest by default
};

/// The numbers that the conversions depend on: α and σ, their derivatives by t, and σ_d.
struct Level : Marginal {
  double alpha_rate = 0, sigma_rate = 0, data_sigma = 1;
};
Level level(const ForwardSde& sde, double t, double data_sigma = 1);

/// A quantity as data·x₀ + noise·ε.
struct Combination {
  double data, noise;
};
Combination combination(Prediction of, const Level& at);

/// The wanted quantity as x · `x` + predicted · `predicted`.  Every conversion has this form.
struct Conversion {
  double x, predicted;
};

/// Converts any prediction into any other at one level.  Throws NumericalError where it would divide by zero.
Conversion convert(Prediction from, Prediction to, const Level& at);
Tensor convert(const Tensor& predicted, const Tensor& x, Prediction from, Prediction to, const Level& at);

/// The time label that networks are given.
double time_label(const ForwardSde& sde, double t, TimeLabel kind = TimeLabel::index);
/// The factor 1/√(α²σ_d² + σ²), which gives x_t variance 1 for data of standard deviation σ_d under any SDE.
double input_scale(Marginal at, double data_sigma = 1);

/// What the network answers for x_t = x [B, …], in the quantity that it predicts.
Tensor ask(const Network& network, const ForwardSde& sde, const Parameterization& parameterization, const Tensor& x,
           double t);
/// The score ∇ log p_t from a network.  The network is shared, and it is evaluated off the tape unless x is tracked.
Score network_score(std::shared_ptr<const Network> network, const ForwardSde& sde,
                    const Parameterization& parameterization = {});
/// The score from a network that predicts the noise.  `network` must outlive the score.
Score noise_score(const Network& network, const ForwardSde& sde);

}  // namespace fokker
