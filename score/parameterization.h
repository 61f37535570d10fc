#pragma once

#include <memory>
#include <span>
#include <string>

#include "fokker/core/nn/module.h"
#include "fokker/sde/sde.h"

namespace fokker {

/// What a network says about x_t = α x₀ + σ ε: the noise ε, the data x₀, the velocity v = α ε − σ x₀ [salimans2022], or
/// the score −ε/σ.
enum class Prediction : std::uint8_t { epsilon, x0, v, score };

std::span<const char* const> prediction_names();
/// Throws ConfigError naming the known ones.
Prediction prediction(const std::string& name);

/// The quantity wanted = x · `x` + predicted · `predicted`; every conversion is of this form.
struct Conversion {
  double x, predicted;
};

/// The one converter between the four, at (α, σ).  Throws NumericalError where it would divide by zero.
Conversion convert(Prediction from, Prediction to, Marginal at);
Tensor convert(const Tensor& predicted, const Tensor& x, Prediction from, Prediction to, Marginal at);

/// The time label that networks are given: the SDE's label as 0 … 1,000, on which sinusoidal embeddings are usual.
double time_label(const ForwardSde& sde, double t);
/// Networks see x_t times this, 1/√(α² + σ²): of variance 1 for data of variance 1, whatever the SDE.
double input_scale(Marginal at);

/// ∇ log p_t from a network that predicts `from`; the network is shared, and evaluated off the tape unless x is tracked.
Score network_score(std::shared_ptr<const Network> network, const ForwardSde& sde,
                    Prediction from = Prediction::epsilon);
/// The same for a network that predicts the noise; `network` must outlive the score.
Score noise_score(const Network& network, const ForwardSde& sde);

}  // namespace fokker
