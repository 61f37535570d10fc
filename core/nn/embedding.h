#pragma once

#include "fokker/core/nn/linear.h"

namespace fokker {

struct Sinusoids {
  double max_period = 10'000;
  double shift = 0;  // taken from the number of frequencies in the exponent: 1 ends at max_period itself
  bool cosine_first = true;
};

/// Sinusoidal embedding of times [B] → [B, dimension]: cos and sin of time·max_period^(−i/(dimension/2 − shift))
/// [vaswani2017].
Tensor sinusoidal_embedding(const Tensor& time, std::int64_t dimension, const Sinusoids& sinusoids = {});

/// Random Fourier features of times [B] → [B, dimension]: sin and cos of 2π·weight·time, the frequencies drawn from
/// N(0, scale²) once and kept fixed, but stored with the weights [tancik2020]; named as diffusers' `time_proj`.
struct FourierEmbedding {
  Tensor weight;  // [dimension / 2]

  FourierEmbedding() = default;
  FourierEmbedding(std::int64_t dimension, double scale, const Rng& rng);
  Tensor operator()(const Tensor& time) const;
  void visit(const ParameterVisitor& visitor);
};

/// A trained vector for each label, weight [classes, dimension].  With `dropout` > 0 there is one more, for the null label
/// `classes`: in training it replaces that share of the labels, by (pass.rng, sample), and it stands for labels that
/// are not given [ho2022].
struct ClassEmbedding {
  Tensor weight;
  std::int64_t classes = 0;
  double dropout = 0;

  ClassEmbedding() = default;
  ClassEmbedding(std::int64_t classes, std::int64_t dimension, double dropout, const Rng& rng);
  /// embedding [B, dimension] plus the vectors of the pass's labels; without classes, the embedding itself.  Throws
  /// ConfigError for labels that are missing or not expected, and ShapeError for others than B in [0, classes].
  Tensor add_to(const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);

 private:
  std::vector<std::int64_t> labels(std::int64_t batch, const Pass& pass) const;
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
