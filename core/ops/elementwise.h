#pragma once

#include <initializer_list>

#include "fokker/core/ops/autodiff.h"

namespace fokker {

// Binary ops broadcast by NumPy's rule and take tensors of one dtype; a scalar takes the tensor's.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, double b);
Tensor operator-(const Tensor& a, double b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator+(double a, const Tensor& b);
Tensor operator-(double a, const Tensor& b);
Tensor operator*(double a, const Tensor& b);
Tensor operator/(double a, const Tensor& b);
Tensor operator-(const Tensor& a);

/// Return max(a, b) and min(a, b); where a = b the gradient goes to a.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// Returns 1 where a > b, else 0; no gradient.
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, double b);
/// Returns a where mask ≠ 0, else b.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);
/// Returns x bounded to [low, high]; no gradient outside.
Tensor clamp(const Tensor& x, double low, double high);

/// One term weight·x of `weighted_sum`, which adds up one to three tensors of one shape in one pass: a solver's update.
struct Term {
  double weight;
  const Tensor& x;
};
Tensor weighted_sum(std::initializer_list<Term> terms);

Tensor exp(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor square(const Tensor& x);
/// Returns x^exponent for x > 0.
Tensor power(const Tensor& x, double exponent);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
/// 1 / (1 + e^−x)
Tensor sigmoid(const Tensor& x);
/// x·sigmoid(x)
Tensor silu(const Tensor& x);
/// Returns x·Φ(x), with Φ as (1 + tanh(√(2/π)(x + 0.044715 x³)))/2 [hendrycks2016].
Tensor gelu(const Tensor& x);
/// Returns max(x, 0); the gradient at 0 is 0.
Tensor relu(const Tensor& x);
/// log(1 + e^x)
Tensor softplus(const Tensor& x);
Tensor abs(const Tensor& x);
Tensor erf(const Tensor& x);

/// Returns the values of x in another dtype.
Tensor cast(const Tensor& x, Dtype dtype);

}  // namespace fokker
