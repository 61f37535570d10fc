#pragma once

#include "fokker/core/nn/linear.h"

namespace fokker {

/// The frequencies and the order of a sinusoidal embedding.
struct Sinusoids {
  double max_period = 10'000;
  double shift = 0;  // subtracted from dimension/2 in the exponent; 1: the last frequency is 1/max_period
  bool cosine_first = true;
};

/// Returns the sinusoidal embedding [B, dimension] of times [B], cos and sin of
/// time·max_period^(−i/(dimension/2 − shift)) [vaswani2017].  Throws ConfigError unless the dimension is even and
/// above 0, and the shift below dimension/2.
Tensor sinusoidal_embedding(const Tensor& time, std::int64_t dimension, const Sinusoids& sinusoids = {});

/// Random Fourier features [B, dimension] of times [B]: sin and cos of 2π·weight·time [tancik2020].  The frequencies
/// are drawn from N(0, scale²) once and kept fixed, but stored with the weights.  The parameter is named as in
/// diffusers' `time_proj`.
struct FourierEmbedding {
  Tensor weight;  // [dimension / 2]

  FourierEmbedding() = default;
  FourierEmbedding(std::int64_t dimension, double scale, const Rng& rng);
  Tensor operator()(const Tensor& time) const;
  void visit(const ParameterVisitor& visitor);
};

/// A trained vector for each label, weight [classes, dimension].  With `dropout` > 0 there is one more vector, for the
/// null label `classes`.  In training, the null label replaces the share `dropout` of the labels, by (pass.rng,
/// sample).  It also stands for labels that are not given [ho2022].
struct ClassEmbedding {
  Tensor weight;
  std::int64_t classes = 0;
  double dropout = 0;

  ClassEmbedding() = default;
  ClassEmbedding(std::int64_t classes, std::int64_t dimension, double dropout, const Rng& rng);
  /// Returns embedding [B, dimension] plus the vectors of the pass's labels, or the embedding itself where
  /// there are no classes.  Throws ConfigError for labels that are missing or not expected, and ShapeError
  /// unless there are B labels in [0, classes].
  Tensor add_to(const Tensor& embedding, const Pass& pass) const;
  void visit(const ParameterVisitor& visitor);

 private:
  std::vector<std::int64_t> labels(std::int64_t batch, const Pass& pass) const;
};

/// Two layers over an embedding [B, in] → [B, out]: linear, SiLU, linear.  Parameters are named as in diffusers'
/// `time_embedding`.
struct TimeEmbedding {
  Linear linear_1, linear_2;

  TimeEmbedding() = default;
  TimeEmbedding(std::int64_t in, std::int64_t out, const Rng& rng);
  Tensor operator()(const Tensor& embedding) const;
  void visit(const ParameterVisitor& visitor);
};

}  // namespace fokker
