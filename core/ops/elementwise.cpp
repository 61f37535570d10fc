#include "fokker/core/ops/elementwise.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/broadcast.h"
#include "fokker/core/ops/reduce.h"

namespace fokker {

using detail::binary;
using detail::unary;
using kernels::Binary;
using kernels::Unary;

namespace {

/// a·(x, of any broadcast shape), for operands that vjps capture.
template <class F>
Tensor gradient_of(const Tensor& x, F&& f) {
  return when(x, [&] { return sum_to(f(), x.shape()); });
}

/// What the backward pass of a sum needs of a term, without the term's memory.
struct SummedTerm {
  Shape shape;
  bool tracked;
  explicit SummedTerm(const Tensor& x) : shape(x.shape()), tracked(x.tracked()) {}
  Tensor gradient(const Tensor& d) const { return tracked ? sum_to(d, shape) : Tensor{}; }
};

Tensor scaled(const Tensor& x, double weight) { return weighted_sum({{weight, x}}); }

/// Returns x within ±1000, for what multiplies a term that is exactly 0 further out, since 0·∞ would be NaN.  The
/// result stands at x's place on the tape: its gradient meets that 0 as well.
Tensor bounded(const Tensor& x) {
  Tensor value = binary(Binary::minimum, binary(Binary::maximum, x, -1000.0), 1000.0);
  if (!x.tracked()) return value;
  detail::retain(x.node());
  return link(std::move(value), detail::NodeRef(x.node()));
}

/// x·s where s is 0 below −1000 and 1 above 1000, exactly.
Tensor gated(const Tensor& x, const Tensor& bounded_x, const Tensor& s) {
  return record(Op::multiply, inputs(x, s), binary(Binary::multiply, binary(Binary::maximum, x, -1000.0), s, "gated"),
                [x = bounded_x, s](const Tensor& dy) {
                  return Gradients{dy * s, dy * x};
                });
}

}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) {
  return record(Op::add, inputs(a, b), binary(Binary::add, a, b, "add"),
                [a = SummedTerm(a), b = SummedTerm(b)](const Tensor& dy) {
                  return Gradients{a.gradient(dy), b.gradient(dy)};
                });
}

Tensor operator-(const Tensor& a, const Tensor& b) {
  return record(Op::subtract, inputs(a, b), binary(Binary::subtract, a, b, "subtract"),
                [a = SummedTerm(a), b = SummedTerm(b)](const Tensor& dy) {
                  return Gradients{a.gradient(dy), b.tracked ? b.gradient(-dy) : Tensor{}};
                });
}

Tensor operator*(const Tensor& a, const Tensor& b) {
  return record(Op::multiply, inputs(a, b), binary(Binary::multiply, a, b, "multiply"), [a, b](const Tensor& dy) {
    return Gradients{gradient_of(a, [&] { return dy * b; }), gradient_of(b, [&] { return dy * a; })};
  });
}

Tensor operator/(const Tensor& a, const Tensor& b) {
  return record(Op::divide, inputs(a, b), binary(Binary::divide, a, b, "divide"),
                [a, b](const Tensor& y, const Tensor& dy) {
                  const Tensor da = dy / b;
                  return Gradients{gradient_of(a, [&] { return da; }), gradient_of(b, [&] { return -(da * y); })};
                });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record(Op::maximum, inputs(a, b), binary(Binary::maximum, a, b, "maximum"), [a, b](const Tensor& dy) {
    const Tensor of_b = greater(b, a);
    return Gradients{gradient_of(a, [&] { return dy * (1.0 - of_b); }), gradient_of(b, [&] { return dy * of_b; })};
  });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return record(Op::minimum, inputs(a, b), binary(Binary::minimum, a, b, "minimum"), [a, b](const Tensor& dy) {
    const Tensor of_b = greater(a, b);
    return Gradients{gradient_of(a, [&] { return dy * (1.0 - of_b); }), gradient_of(b, [&] { return dy * of_b; })};
  });
}

Tensor greater(const Tensor& a, const Tensor& b) { return binary(Binary::greater, a, b, "greater"); }
Tensor greater(const Tensor& a, double b) { return binary(Binary::greater, a, b); }

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  const Shape shape = broadcast(broadcast(mask.shape(), a.shape(), "where"), b.shape(), "where");
  const Tensor m = detail::expand(mask, shape, "where");
  const Tensor all_a = detail::expand(a, shape, "where"), all_b = detail::expand(b, shape, "where");
  Tensor value = Tensor::empty(shape, a.dtype());
  visit(a.dtype(), [&]<class T>(T) {
    auto out = value.data<T>();
    const auto pick = m.data<T>(), x = all_a.data<T>(), y = all_b.data<T>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = pick[i] != 0 ? x[i] : y[i];
  });
  return record(Op::where, inputs(a, b), std::move(value), [a, b, m](const Tensor& dy) {
    const Tensor zeros = Tensor::zeros(dy.shape(), dy.dtype());
    return Gradients{gradient_of(a, [&] { return where(m, dy, zeros); }),
                     gradient_of(b, [&] { return where(m, zeros, dy); })};
  });
}

Tensor clamp(const Tensor& x, double low, double high) {
  return minimum(maximum(x, Tensor::scalar(low, x.dtype())), Tensor::scalar(high, x.dtype()));
}

Tensor operator+(const Tensor& a, double b) {
  return record(Op::add, inputs(a), binary(Binary::add, a, b), [](const Tensor& dy) { return Gradients{dy}; });
}
Tensor operator-(const Tensor& a, double b) { return a + (-b); }
Tensor operator*(const Tensor& a, double b) { return scaled(a, b); }
Tensor operator/(const Tensor& a, double b) {
  return record(Op::divide, inputs(a), binary(Binary::divide, a, b),
                [b](const Tensor& dy) { return Gradients{dy / b}; });
}
Tensor operator+(double a, const Tensor& b) { return b + a; }
Tensor operator-(double a, const Tensor& b) {
  return record(Op::subtract, inputs(b), binary(Binary::subtract, a, b),
                [](const Tensor& dy) { return Gradients{-dy}; });
}
Tensor operator*(double a, const Tensor& b) { return scaled(b, a); }
Tensor operator/(double a, const Tensor& b) { return reciprocal(b) * a; }
Tensor operator-(const Tensor& a) { return scaled(a, -1); }

namespace {

Tensor weighted_sum_value(std::initializer_list<Term> terms) {
  double weights[3];
  const void* data[3];
  int count = 0;
  const Tensor& first = terms.begin()->x;
  for (const Term& term : terms) {
    require<ShapeError>(term.x.shape() == first.shape() && term.x.dtype() == first.dtype(),
                        "[weighted_sum] expected tensors of one shape and dtype, got {} {} and {} {}",
                        to_string(first.dtype()), first.shape(), to_string(term.x.dtype()), term.x.shape());
    weights[count] = term.weight;
    data[count++] = term.x.raw();
  }
  Tensor out = Tensor::empty(first.shape(), first.dtype());
  kernels::elementwise(first.dtype()).weighted_sum(weights, data, count, out.raw(), out.size());
  return out;
}

}  // namespace

Tensor weighted_sum(std::initializer_list<Term> terms) {
  require<ShapeError>(terms.size() >= 1 && terms.size() <= 3, "[weighted_sum] expected one to three terms, got {}",
                      terms.size());
  Tensor value = weighted_sum_value(terms);
  const Tensor none;
  const Term* t = terms.begin();
  const double w0 = t[0].weight, w1 = terms.size() > 1 ? t[1].weight : 0, w2 = terms.size() > 2 ? t[2].weight : 0;
  const Tensor &a = t[0].x, &b = terms.size() > 1 ? t[1].x : none, &c = terms.size() > 2 ? t[2].x : none;
  return record(Op::weighted_sum, inputs(a, b, c), std::move(value),
                [w0, w1, w2, has_a = a.tracked(), has_b = b.tracked(), has_c = c.tracked()](const Tensor& dy) {
                  const auto term = [&](bool has, double weight) {
                    return !has ? Tensor{} : weight == 1 ? dy : scaled(dy, weight);
                  };
                  return Gradients{term(has_a, w0), term(has_b, w1), term(has_c, w2)};
                });
}

Tensor exp(const Tensor& x) {
  return record(Op::exp, inputs(x), unary(Unary::exp, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy * y}; });
}

Tensor expm1(const Tensor& x) {
  return record(Op::expm1, inputs(x), unary(Unary::expm1, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy * (y + 1.0)}; });
}

Tensor log(const Tensor& x) {
  return record(Op::log, inputs(x), unary(Unary::log, x), [x](const Tensor& dy) { return Gradients{dy / x}; });
}

Tensor log1p(const Tensor& x) {
  return record(Op::log1p, inputs(x), unary(Unary::log1p, x),
                [x](const Tensor& dy) { return Gradients{dy / (x + 1.0)}; });
}

Tensor sqrt(const Tensor& x) {
  return record(Op::sqrt, inputs(x), unary(Unary::sqrt, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy / (y * 2.0)}; });
}

Tensor reciprocal(const Tensor& x) {
  return record(Op::reciprocal, inputs(x), unary(Unary::reciprocal, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{-(dy * square(y))}; });
}

Tensor square(const Tensor& x) {
  return record(Op::square, inputs(x), unary(Unary::square, x),
                [x](const Tensor& dy) { return Gradients{dy * x * 2.0}; });
}

Tensor power(const Tensor& x, double exponent) {
  Tensor value = Tensor::empty(x.shape(), x.dtype());
  kernels::elementwise(x.dtype()).power(x.raw(), exponent, value.raw(), x.size());
  return record(Op::power, inputs(x), std::move(value), [x, exponent](const Tensor& dy) {
    // x⁰ is 1 everywhere: a factor 0 or 1 in front of a power that is infinite at 0 would give NaN.
    if (exponent == 0) return Gradients{Tensor::zeros(x.shape(), x.dtype())};
    if (exponent == 1) return Gradients{dy};
    return Gradients{dy * power(x, exponent - 1) * exponent};
  });
}

Tensor sin(const Tensor& x) {
  return record(Op::sin, inputs(x), unary(Unary::sin, x), [x](const Tensor& dy) { return Gradients{dy * cos(x)}; });
}

Tensor cos(const Tensor& x) {
  return record(Op::cos, inputs(x), unary(Unary::cos, x), [x](const Tensor& dy) { return Gradients{-(dy * sin(x))}; });
}

Tensor tanh(const Tensor& x) {
  return record(Op::tanh, inputs(x), unary(Unary::tanh, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy - dy * square(y)}; });
}

Tensor sigmoid(const Tensor& x) {
  return record(Op::sigmoid, inputs(x), unary(Unary::sigmoid, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy * (y - square(y))}; });
}

Tensor silu(const Tensor& x) {
  return record(Op::silu, inputs(x), unary(Unary::silu, x), [x](const Tensor& dy) {
    const Tensor s = sigmoid(x);
    return Gradients{dy * (s + bounded(x) * (s - square(s)))};
  });
}

Tensor gelu(const Tensor& x) {
  const double a = 2 * std::sqrt(2 / std::numbers::pi);
  const Tensor t = bounded(x);
  return gated(x, t, sigmoid(t * (square(t) * (0.044715 * a) + a)));
}

Tensor relu(const Tensor& x) {
  return record(Op::relu, inputs(x), unary(Unary::relu, x),
                [](const Tensor& y, const Tensor& dy) { return Gradients{dy * unary(Unary::step, y)}; });
}

Tensor softplus(const Tensor& x) {
  return record(Op::softplus, inputs(x), unary(Unary::softplus, x),
                [x](const Tensor& dy) { return Gradients{dy * sigmoid(x)}; });
}

Tensor abs(const Tensor& x) {
  return record(Op::abs, inputs(x), unary(Unary::abs, x),
                [x](const Tensor& dy) { return Gradients{dy * unary(Unary::sign, x)}; });
}

Tensor erf(const Tensor& x) {
  return record(Op::erf, inputs(x), unary(Unary::erf, x), [x](const Tensor& dy) {
    return Gradients{dy * exp(-square(bounded(x))) * (2 * std::numbers::inv_sqrtpi)};
  });
}

Tensor cast(const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  Tensor value = Tensor::empty(x.shape(), dtype);
  visit(dtype, [&]<class To>(To) {
    visit(x.dtype(), [&]<class From>(From) {
      auto out = value.data<To>();
      const auto in = x.data<From>();
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<To>(in[i]);
    });
  });
  return record(Op::cast, inputs(x), std::move(value),
                [from = x.dtype()](const Tensor& dy) { return Gradients{cast(dy, from)}; });
}

}  // namespace fokker
