#include "fokker/solvers/steppers/implicit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"
#include "fokker/solvers/noise/brownian_rows.h"
#include "fokker/solvers/steppers/continuation.h"
#include "fokker/solvers/steppers/gmres.h"

namespace fokker {
namespace {

using detail::gather_rows;
using detail::Rows;
using detail::scatter_rows;

constexpr int most_evaluations = 100;
constexpr double linear_tolerance = 1e-3;

/// Solves y = known + h f(y, t) for each row of y [B, D] by (μ + 1 − h J) Δy = −(y − known − h f).  μ = 0 is Newton's
/// method.  Where that does not descend, μ > 0 makes Δy an implicit step of y' = −(y − known − h f) [kelley1998], which
/// leaves regions without a root.  Rows without a solution are continued from h = 0.
class Newton {
 public:
  Newton(const Sde& sde, const Tensor& known, double t, double h)
      : sde_(sde),
        shape_(known.shape()),
        known_(known.view({known.extent(0), row_size(known)})),
        t_(t),
        h_(h),
        enough_(std::sqrt(known.dtype() == Dtype::f32 ? std::numeric_limits<float>::epsilon()
                                                      : std::numeric_limits<double>::epsilon())),
        y_(known_.clone()),
        direction_(Tensor::zeros(known_.shape(), known.dtype())),
        sizes_(detail::row_norms(known_)),
        residuals_(sizes_.size(), std::numeric_limits<double>::infinity()),
        mu_(sizes_.size(), 0) {}

  Tensor run() {
    Rows rows(sizes_.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    for (int i = 0; i < most_evaluations && !rows.empty(); ++i) rows = improve(rows);
    rows.insert(rows.end(), hopeless_.begin(), hopeless_.end());
    for (const std::size_t row : rows) {
      const Rows one = {row};
      scatter_rows(detail::continued_root([&](const Tensor& y) { return drift(y); }, gather_rows(known_, one), h_), one,
                   y_);
    }
    return y_.view(shape_);
  }

 private:
  /// Tries the steps of `rows` and returns those that still have to go on.
  Rows improve(const Rows& rows) {
    const Tensor direction = gather_rows(direction_, rows), trial = gather_rows(y_, rows) + direction;
    const Recording on_tape(true);
    const Tensor at = trial.leaf();
    const Tensor f = drift(at);
    const Tensor residual = trial - gather_rows(known_, rows) - f.detach() * h_;
    const std::vector<double> norms = detail::row_norms(residual), beyond = sum(direction * residual, {1}).to_vector();
    Rows accepted, rejected;  // places in the group; samples
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = rows[i];
      if (!(norms[i] <= 2 * residuals_[row])) {
        rejected.push_back(row);
        continue;
      }
      if (norms[i] < residuals_[row])
        mu_[row] = mu_[row] > 0.4 ? mu_[row] / 4 : 0;
      else if (beyond[i] > 0)  // it went too far
        mu_[row] = std::max(2 * mu_[row], 1.0);
      accepted.push_back(i);
    }
    Rows next = retry(rejected);
    if (!accepted.empty()) {
      const Rows turned = turn(accepted, rows, trial, residual, directions(at, f, residual, rows));
      next.insert(next.end(), turned.begin(), turned.end());
    }
    std::sort(next.begin(), next.end());
    return next;
  }

  /// Takes `rows` back to their last accepted state, for a more careful
  /// direction, and returns those that are not hopeless.
  Rows retry(const Rows& rows) {
    Rows next;
    for (const std::size_t row : rows) {
      mu_[row] = 4 * mu_[row] + 1;
      (mu_[row] < 1e6 ? next : hopeless_).push_back(row);
    }
    fill(direction_, rows, 0);
    return next;
  }

  /// Accepts the trials at places `accepted` and finds new directions; returns the samples that have to follow them.
  Rows turn(const Rows& accepted, const Rows& rows, const Tensor& trial, const Tensor& residual,
            const Tensor& direction) {
    const std::vector<double> lengths = detail::row_norms(direction), sizes = detail::row_norms(trial),
                              norms = detail::row_norms(residual), ascent = sum(direction * residual, {1}).to_vector();
    Rows moved, last, next, uphill;
    for (const std::size_t i : accepted) {
      const std::size_t row = rows[i];
      moved.push_back(row);
      residuals_[row] = norms[i];
      const bool small = mu_[row] == 0 && lengths[i] <= enough_ * (sizes[i] + sizes_[row]);
      const bool solved = small || norms[i] == 0;
      (solved ? last : ascent[i] < 0 ? next : uphill).push_back(row);
    }
    scatter_rows(gather_rows(trial, accepted), moved, y_);
    scatter_rows(gather_rows(direction, accepted), moved, direction_);
    // Newton's method squares a small error, so that the last correction needs no check.
    scatter_rows(gather_rows(y_, last) + gather_rows(direction_, last), last, y_);
    const Rows careful = retry(uphill);
    next.insert(next.end(), careful.begin(), careful.end());
    return next;
  }

  Tensor drift(const Tensor& y) const {
    const Tensor f = sde_.drift(reshape(y, with_extent(shape_, 0, y.extent(0))), t_);
    require<ConfigError>(f.tracked(),
                         "[implicit_euler] the drift of {} cannot be differentiated: write it in Fokker's ops, on the "
                         "tensor that it is given, or take a solver that needs no derivative, such as skrock",
                         sde_.name());
    return reshape(f, y.shape());
  }

  /// −(μ + 1 − h J)⁻¹ residual; J v is the pullback of a pullback.
  Tensor directions(const Tensor& y, const Tensor& f, const Tensor& residual, const Rows& rows) const {
    const Tensor u = Tensor::ones(f.shape(), f.dtype()).leaf();
    const Tensor pulled = grad(sum(f * u), y, true);
    std::vector<double> diagonal;
    for (const std::size_t row : rows) diagonal.push_back(mu_[row] + 1);
    const auto apply = [&](const Tensor& v) { return detail::scale_rows(v, diagonal) - grad(sum(pulled * v), u) * h_; };
    return detail::gmres(apply, residual * -1.0, linear_tolerance);
  }

  static void fill(Tensor& all, const Rows& rows, double value) {
    const Shape some = with_extent(all.shape(), 0, static_cast<std::int64_t>(rows.size()));
    scatter_rows(Tensor::full(some, value, all.dtype()), rows, all);
  }

  const Sde& sde_;
  Shape shape_;
  Tensor known_;
  double t_, h_, enough_;
  Tensor y_, direction_;
  std::vector<double> sizes_, residuals_, mu_;  // one number for each row
  Rows hopeless_;                               // for Newton's method
};

}  // namespace

Tensor ImplicitEuler::step(const Sde& sde, const BrownianIncrement& b, const Tensor& x, double t0, double t1) const {
  Tensor known = x;
  if (sde.noise() != Noise::none) {
    const detail::NoiseTerm noise[] = {{sde.diffusion(x, t0), 1, 0}};
    known = detail::advance(x, {}, noise, b);
  }
  require<ConfigError>(
      !known.tracked(),
      "[implicit_euler] is not differentiable: take an explicit solver, or keep the state off the tape");
  return Newton(sde, known, t1, t1 - t0).run();
}

}  // namespace fokker
