#pragma once

#include <memory>
#include <span>
#include <string>

#include "fokker/core/nn/module.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// What a network says about x_t = α x₀ + σ ε: the noise ε; the data x₀; v = α ε − σ x₀ [salimans2022]; the score −ε/σ;
/// the velocity dx_t/dt = α′ x₀ + σ′ ε of flow matching [lipman2023]; or the preconditioned output of EDM [karras2022],
/// F = (σ x₀/σ_d − α σ_d ε)/√(α²σ_d² + σ²), of variance 1 for data of standard deviation σ_d.
enum class Prediction : std::uint8_t { epsilon, x0, v, score, velocity, edm };

std::span<const char* const> prediction_names();
/// Throws ConfigError naming the known ones.
Prediction prediction(const std::string& name);

/// The number by which a network is told the time.  index: the SDE's label as 0 … 1,000, on which sinusoidal embeddings
/// are usual; sigma: σ/α, for networks that divide by it; log_sigma: ¼ log(σ/α), EDM's.
enum class TimeLabel : std::uint8_t { index, sigma, log_sigma };

std::span<const char* const> time_label_names();
TimeLabel time_label(const std::string& name);

/// How a network is asked and understood.
struct Parameterization {
  Prediction prediction = Prediction::epsilon;
  double data_sigma = 1;  // standard deviation of the data, for input_scale and EDM's output
  TimeLabel time_label = TimeLabel::index;
  bool scale_input = true;  // networks see x_t times input_scale, or x_t itself

  Parameterization() = default;
  Parameterization(Prediction what) : prediction(what) {}  // NOLINT(google-explicit-constructor): the rest by default
};

/// α and σ with their derivatives by t, and σ_d: all that the conversions depend on.
struct Level : Marginal {
  double alpha_rate = 0, sigma_rate = 0, data_sigma = 1;
};
Level level(const ForwardSde& sde, double t, double data_sigma = 1);

/// A quantity as data·x₀ + noise·ε.
struct Combination {
  double data, noise;
};
Combination combination(Prediction of, const Level& at);

/// The quantity wanted = x · `x` + predicted · `predicted`; every conversion is of this form.
struct Conversion {
  double x, predicted;
};

/// The one converter between them all, at one level.  Throws NumericalError where it would divide by zero.
Conversion convert(Prediction from, Prediction to, const Level& at);
Tensor convert(const Tensor& predicted, const Tensor& x, Prediction from, Prediction to, const Level& at);

/// The time label that networks are given.
double time_label(const ForwardSde& sde, double t, TimeLabel kind = TimeLabel::index);
/// 1/√(α²σ_d² + σ²), by which x_t has variance 1 for data of standard deviation σ_d, whatever the SDE.
double input_scale(Marginal at, double data_sigma = 1);

/// What the network answers for x_t = x, in its own quantity.
Tensor ask(const Network& network, const ForwardSde& sde, const Parameterization& parameterization, const Tensor& x,
           double t);
/// ∇ log p_t from a network; the network is shared, and evaluated off the tape unless x is tracked.
Score network_score(std::shared_ptr<const Network> network, const ForwardSde& sde,
                    const Parameterization& parameterization = {});
/// The same for a network that predicts the noise; `network` must outlive the score.
Score noise_score(const Network& network, const ForwardSde& sde);

}  // namespace fokker
