#include "fokker/solvers/steppers/continuation.h"

#include <cmath>
#include <limits>
#include <optional>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/view.h"
#include "fokker/solvers/steppers/gmres.h"

namespace fokker::detail {
namespace {

constexpr int most_evaluations = 2000, most_corrections = 8;
constexpr double longest = 0.5, shortest = 1e-9;  // steps along the curve
constexpr double far = 1e4;                       // the curve is leaving for infinity

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }
double norm(const Tensor& a) { return std::sqrt(dot(a, a)); }

/// The curve H(u, λ) = u − known/S − λ h f(S u)/S = 0 in points z = (u, λ) [1, D + 1], with S the size of the problem.
class Curve {
 public:
  Curve(const std::function<Tensor(const Tensor& y)>& f, const Tensor& known, double h)
      : f_(f), known_(known), h_(h), width_(known.size()) {
    const Recording on_tape(true);
    const double size = norm(known) + std::abs(h) * norm(f(known.leaf()).detach());
    scale_ = size > 0 && std::isfinite(size) ? size : 1;
  }

  Tensor start() const { return concat({known_ * (1 / scale_), number(0)}, 1); }
  Tensor along_lambda() const { return concat({Tensor::zeros(known_.shape(), known_.dtype()), number(1)}, 1); }
  double lambda(const Tensor& z) const { return z.at(width_); }
  Tensor state(const Tensor& z) const { return slice(z, 1, 0, width_) * scale_; }
  bool exhausted() const { return evaluations_ >= most_evaluations; }
  double enough() const {
    return std::sqrt(
        visit(known_.dtype(), [](auto t) { return static_cast<double>(std::numeric_limits<decltype(t)>::epsilon()); }));
  }

  /// v with H′ v = −H(z), or 0 where `tangent`, and constraint · v = 0, or 1.
  Tensor direction(const Tensor& z, const Tensor& constraint, bool tangent) const {
    ++evaluations_;
    const Recording on_tape(true);
    const Tensor y = state(z).detach().leaf(), f = f_(y), ones = Tensor::ones(f.shape(), f.dtype()).leaf();
    const Tensor pulled = grad(sum(f * ones), y, true), by_lambda = f.detach() * (h_ / scale_);
    const double at = lambda(z);
    const auto apply = [&](const Tensor& v) {
      const Tensor u = slice(v, 1, 0, width_);
      const Tensor first = u - grad(sum(pulled * u), ones) * (at * h_) - by_lambda * v.at(width_);
      return concat({first, number(dot(constraint, v))}, 1);
    };
    const Tensor residual = slice(z, 1, 0, width_) - known_ * (1 / scale_) - by_lambda * at;
    const Tensor right = tangent ? concat({Tensor::zeros(known_.shape(), known_.dtype()), number(1)}, 1)
                                 : concat({residual * -1.0, number(0)}, 1);
    return gmres(apply, right, tangent ? 1e-6 : 1e-3).detach();
  }

  /// The curve's point on the plane through `from` across `constraint`, by Newton's method, unless it is far from `from`.
  std::optional<Tensor> corrected(const Tensor& from, const Tensor& constraint, double reach) const {
    Tensor z = from;
    double before = std::numeric_limits<double>::infinity();
    for (int i = 0; i < most_corrections; ++i) {
      const Tensor step = direction(z, constraint, false);
      const double length = norm(step);
      z = z + step;
      if (!(length < before) || !(norm(z - from) <= reach)) return std::nullopt;
      if (length <= enough()) return z;
      before = length / 2;
    }
    return std::nullopt;
  }

 private:
  Tensor number(double value) const { return Tensor::full({1, 1}, value, known_.dtype()); }

  const std::function<Tensor(const Tensor& y)>& f_;
  Tensor known_;
  double h_, scale_ = 1;
  std::int64_t width_;
  mutable int evaluations_ = 0;
};

/// The next tangent of the curve, in the sense of the last one.
Tensor tangent_at(const Curve& curve, const Tensor& z, const Tensor& last) {
  const Tensor t = curve.direction(z, last, true);
  return t * (1 / norm(t));
}

}  // namespace

Tensor continued_root(const std::function<Tensor(const Tensor& y)>& f, const Tensor& known, double h) {
  const Curve curve(f, known, h);
  Tensor z = curve.start(), tangent = tangent_at(curve, z, curve.along_lambda());
  for (double length = 0.01; length > shortest && norm(z) < far && !curve.exhausted();) {
    const double rate = curve.lambda(tangent), left = 1 - curve.lambda(z);
    const bool last = rate * length >= left;
    const double step = last ? left / rate : length;
    const auto next = curve.corrected(z + tangent * step, last ? curve.along_lambda() : tangent, step);
    if (next && last) return curve.state(*next);
    const Tensor turned = next ? tangent_at(curve, *next, tangent) : tangent;
    if (next && dot(turned, tangent) > 0.8) {
      length = std::min(1.5 * length, longest);
      z = *next;
      tangent = turned;
    } else {
      length = std::min(length, step) / 3;
    }
  }
  return Tensor::full(known.shape(), std::nan(""), known.dtype());
}

}  // namespace fokker::detail
