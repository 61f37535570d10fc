#pragma once

#include "fokker/core/nn/linear.h"

namespace fokker {

/// Sinusoidal embedding of times [B] → [B, dimension]: cos and sin of time·max_period^(−i/(dimension/2)) [vaswani2017].
Tensor sinusoidal_embedding(const Tensor& time, std::int64_t dimension, double max_period = 10'000);

/// Random Fourier features of times [B] → [B, dimension]: cos and sin of 2π·frequency·time, the frequencies drawn from
/// N(0, scale²) once and kept fixed, but stored with the weights [tancik2020].
struct FourierEmbedding {
  Tensor frequencies;  // [dimension / 2]

  FourierEmbedding() = default;
  FourierEmbedding(std::int64_t dimension, double scale, const Rng& rng);
  Tensor operator()(const Tensor& time) const;
  void visit(const ParameterVisitor& visitor);
};

/// linear → SiLU → linear over an embedding; named as diffusers' `time_embedding`.
struct TimeEmbedding {
  Linear linear_1, linear_2;

  TimeEmbedding() = default;
  TimeEmbedding(std::int64_t in, std::int64_t out, const Rng& rng);
  Tensor operator()(const Tensor& embedding) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
