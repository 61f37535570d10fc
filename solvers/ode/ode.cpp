#include "fokker/solvers/ode/ode.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/rows.h"
#include "fokker/solvers/noise/step_lattice.h"
#include "fokker/solvers/ode/ode_method.h"

namespace fokker {
namespace {

using detail::OdeMethod;
using detail::OdeState;
using detail::OdeStep;
using detail::OdeStepper;
using detail::OdeSystem;
using detail::Rows;
using detail::StepLattice;

constexpr int lattice_bits = 40;

class Integration {
 public:
  Integration(const SampleField& field, const Tensor& x, double t0, double t1, const OdeConfig& config)
      : field_(field),
        config_(config),
        method_(detail::ode_method(config.method)),
        shape_(x.shape()),
        dtype_(x.dtype()),
        t0_(t0),
        t1_(t1),
        x_(x.to_vector()),
        rows_(static_cast<std::size_t>(x.extent(0))),
        lattice_(lattice_bits, rows_) {
    width_ = rows_ > 0 ? x_.size() / rows_ : 0;
    evaluations_.assign(rows_, 0);
    frames_.assign(config.frames.size(), OdeState(x_.size()));
  }

  OdeSolution run() {
    if (rows_ > 0) integrate();
    OdeSolution solution{Tensor::from(x_, shape_, dtype_), {}, std::move(evaluations_)};
    for (const OdeState& frame : frames_) solution.frames.push_back(Tensor::from(frame, shape_, dtype_));
    return solution;
  }

 private:
  void integrate() {
    slope_.resize(x_.size());
    const Rows all = everything();
    if (method_.slopes) system(all)(x_, slope_, t0_);
    if (config_.steps > 0) return fixed_steps();
    for (Rows rows = lattice_.next_group(); !rows.empty(); rows = lattice_.next_group()) {
      controlled_step(rows);
      report(lattice_.fraction());
    }
  }

  void report(double fraction) const {
    if (config_.progress) config_.progress(fraction);
  }

  Rows everything() const {
    Rows rows(rows_);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
  }

  /// The time of a place in [0, end], exact at both ends.
  double time(double place, double end) const { return place == end ? t1_ : t0_ + (t1_ - t0_) * (place / end); }
  double time(std::int64_t position) const {
    return time(static_cast<double>(position), static_cast<double>(lattice_.end()));
  }

  /// The field for some of the samples, counted for those in `counted`.
  OdeSystem system(const Rows& rows, const Rows& counted) {
    return [this, &rows, &counted](const OdeState& x, OdeState& slope, double t) {
      const Shape some = with_extent(shape_, 0, static_cast<std::int64_t>(rows.size()));
      const Tensor f = field_(Tensor::from(x, some, dtype_), t, rows);
      require<ShapeError>(f.size() == static_cast<std::int64_t>(x.size()),
                          "[{}] expected a field of {} elements, got {}", method_.name, x.size(), to_string(f.shape()));
      slope = f.to_vector();
      for (const std::size_t row : counted) ++evaluations_[row];
    };
  }
  OdeSystem system(const Rows& rows) { return system(rows, rows); }

  OdeState gather(const OdeState& all, const Rows& rows) const {
    OdeState some;
    some.reserve(rows.size() * width_);
    for (const std::size_t row : rows) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row * width_);
      some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(width_));
    }
    return some;
  }

  void controlled_step(const Rows& rows) {
    const StepLattice::Place at = lattice_[rows[0]];
    const double t = time(at.position), end = time(at.end());
    const auto stepper = method_.make();
    OdeStep step{t, end - t, gather(x_, rows), gather(slope_, rows), {}, {}, {}};
    stepper->step(system(rows), step);
    std::vector<double> errors;
    Rows accepted;  // places within the group
    for (std::size_t i = 0; i < rows.size(); ++i) {
      errors.push_back(norm(step, i * width_));
      if (errors[i] <= 1) accepted.push_back(i);
    }
    keep(rows, accepted, *stepper, step, end);
    for (std::size_t i = 0; i < rows.size(); ++i) control(rows[i], errors[i]);
  }

  void fixed_steps() {
    const auto stepper = method_.make();
    const Rows rows = everything();
    const auto steps = static_cast<double>(config_.steps);
    for (std::int64_t i = 0; i < config_.steps; ++i) {
      const double t = time(static_cast<double>(i), steps), end = time(static_cast<double>(i + 1), steps);
      OdeStep step{t, end - t, x_, slope_, {}, {}, {}};
      stepper->step(system(rows), step);
      for (std::size_t k = 0; k < step.after.size(); ++k)
        require<NumericalError>(std::isfinite(step.after[k]),
                                "[{}] sample {} is not finite after step {} of {}, from t = {} to {}; take more steps, "
                                "or check the field there",
                                method_.name, number(k / width_), i + 1, config_.steps, t, end);
      keep(rows, rows, *stepper, step, end);
      report(static_cast<double>(i + 1) / steps);
    }
  }

  /// The accepted ones among `rows` move on to `end`; frames on the way are filled in.
  void keep(const Rows& rows, const Rows& accepted, const OdeStepper& stepper, const OdeStep& step, double end) {
    const auto copy = [&](const OdeState& from, OdeState& to) {
      for (const std::size_t i : accepted) std::copy_n(&from[i * width_], width_, &to[rows[i] * width_]);
    };
    if (accepted.empty()) return;
    Rows moving;
    for (const std::size_t i : accepted) moving.push_back(rows[i]);
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      const double at = config_.frames[f];
      if (at == step.t) {
        copy(step.before, frames_[f]);
      } else if (at == end) {
        copy(step.after, frames_[f]);
      } else if ((at > step.t) == (end > step.t) && (at < end) == (end > step.t)) {
        OdeState inside;
        stepper.interpolate(system(rows, moving), step, at, inside);
        copy(inside, frames_[f]);
      }
    }
    copy(step.after, x_);
    if (method_.slopes) copy(step.slope_after, slope_);
  }

  double norm(const OdeStep& step, std::size_t begin) const {
    const auto ratio = [&](std::size_t k) {
      const double size = std::max(std::abs(step.before[k]), std::abs(step.after[k]));
      return std::abs(step.error[k]) / (config_.absolute + config_.relative * size);
    };
    const std::size_t together = width_ - static_cast<std::size_t>(config_.apart);
    double sum = 0;
    for (std::size_t k = begin; k < begin + together; ++k) sum += ratio(k) * ratio(k);
    double worst = together > 0 ? std::sqrt(sum / static_cast<double>(together)) : 0;
    for (std::size_t k = begin + together; k < begin + width_; ++k)
      if (const double r = ratio(k); !(r <= worst) && !std::isnan(worst)) worst = r;
    return worst;
  }

  /// Accepts or rejects by the error `e`, and sets the size of the next step.
  void control(std::size_t row, double e) {
    const bool finite = std::isfinite(e);
    lattice_.control(row, e <= 1,
                     finite ? std::clamp(0.9 * std::pow(e, -1.0 / (method_.error_order + 1)), 0.1, 4.0) : 0.1);
    lattice_.require_progress(row,
                              {method_.name, number(row), time(lattice_[row].position), finite, config_.max_steps});
  }

  std::int64_t number(std::size_t row) const { return config_.first_sample + static_cast<std::int64_t>(row); }

  const SampleField& field_;
  const OdeConfig& config_;
  const OdeMethod& method_;
  Shape shape_;
  Dtype dtype_;
  double t0_, t1_;
  OdeState x_, slope_;
  std::size_t rows_, width_;
  StepLattice lattice_;
  std::vector<std::int64_t> evaluations_;
  std::vector<OdeState> frames_;
};

void check(const Tensor& x, double t0, double t1, const OdeConfig& config) {
  const std::string& name = config.method;
  const OdeMethod& method = detail::ode_method(name);
  require<ShapeError>(x.rank() > 0, "[{}] expected x [B, ...], got a scalar", name);
  require<ConfigError>(std::isfinite(t0) && std::isfinite(t1) && t0 != t1,
                       "[{}] expected two different finite times, got {} and {}", name, t0, t1);
  require<ConfigError>(config.absolute > 0 && config.relative >= 0,
                       "[{}] expected tolerances absolute > 0 and relative >= 0, got {} and {}", name, config.absolute,
                       config.relative);
  require<ConfigError>(config.steps >= 0 && config.max_steps > 0, "[{}] expected steps >= 0 and max_steps > 0", name);
  require<ConfigError>(config.steps > 0 || method.error_order > 0,
                       "[{}] has no error control: set `steps`, or take dopri5 or fehlberg78", name);
  const std::int64_t width = row_size(x);
  require<ConfigError>(config.apart >= 0 && config.apart <= width, "[{}] expected apart in 0 … {}, got {}", name, width,
                       config.apart);
  for (const double t : config.frames)
    require<ConfigError>(std::min(t0, t1) <= t && t <= std::max(t0, t1), "[{}] the frame {} is not within {} … {}",
                         name, t, t0, t1);
}

}  // namespace

OdeSolution solve_ode(const SampleField& field, const Tensor& x, double t0, double t1, const OdeConfig& config) {
  check(x, t0, t1, config);
  const NoGrad off_tape;
  return Integration(field, x, t0, t1, config).run();
}

OdeSolution solve_ode(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config) {
  const SampleField any = [&](const Tensor& at, double t, std::span<const std::size_t>) { return field(at, t); };
  return solve_ode(any, x, t0, t1, config);
}

}  // namespace fokker
