#include "fokker/solvers/ode.h"

#include <algorithm>
#include <bit>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <cmath>

namespace fokker {
namespace {

using State = std::vector<double>;
using Stepper = boost::numeric::odeint::runge_kutta_dopri5<State>;
constexpr int lattice_bits = 40;
constexpr std::int64_t lattice_end = std::int64_t{1} << lattice_bits;

/// Where one sample stands: `position` on the lattice and the size 2^level of its next step.
struct Progress {
  std::int64_t position = 0;
  int level = lattice_bits - 5;
};

class Integration {
 public:
  Integration(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config)
      : field_(field), config_(config), shape_(x.shape()), dtype_(x.dtype()), t0_(t0), t1_(t1), x_(x.to_vector()) {
    rows_ = static_cast<std::size_t>(x.extent(0));
    width_ = rows_ > 0 ? x_.size() / rows_ : 0;
    progress_.resize(rows_);
    evaluations_.assign(rows_, 1);
    frames_.assign(config.frames.size(), State(x_.size()));
  }

  OdeSolution run() {
    slope_.resize(x_.size());
    if (rows_ > 0) evaluate(x_, slope_, t0_);
    for (auto rows = next_group(); !rows.empty(); rows = next_group()) {
      step(rows);
      if (config_.progress) config_.progress(static_cast<double>(slowest()) / static_cast<double>(lattice_end));
    }
    OdeSolution solution{Tensor::from(x_, shape_, dtype_), {}, std::move(evaluations_)};
    for (const State& frame : frames_) solution.frames.push_back(Tensor::from(frame, shape_, dtype_));
    return solution;
  }

 private:
  double time(double position) const { return t0_ + (t1_ - t0_) * (position / static_cast<double>(lattice_end)); }

  std::int64_t slowest() const {
    std::int64_t least = lattice_end;
    for (const auto& p : progress_) least = std::min(least, p.position);
    return least;
  }

  /// The samples farthest behind that take the same step.
  std::vector<std::size_t> next_group() const {
    const std::int64_t least = slowest();
    std::vector<std::size_t> rows;
    if (least == lattice_end) return rows;
    for (std::size_t i = 0; i < rows_; ++i)
      if (progress_[i].position == least && (rows.empty() || progress_[i].level == progress_[rows[0]].level))
        rows.push_back(i);
    return rows;
  }

  void evaluate(const State& x, State& slope, double t) const {
    const auto count = static_cast<std::int64_t>(x.size() / width_);
    const Tensor f = field_(Tensor::from(x, with_extent(shape_, 0, count), dtype_), t);
    require<ShapeError>(f.size() == static_cast<std::int64_t>(x.size()),
                        "[dopri5] expected a field of {} elements, got {}", x.size(), to_string(f.shape()));
    slope = f.to_vector();
  }

  State gather(const State& all, const std::vector<std::size_t>& rows) const {
    State some;
    some.reserve(rows.size() * width_);
    for (const std::size_t row : rows) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row * width_);
      some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(width_));
    }
    return some;
  }

  void step(const std::vector<std::size_t>& rows) {
    const Progress at = progress_[rows[0]];
    const double size = std::ldexp(1, at.level);
    const double t = time(static_cast<double>(at.position)), h = time(static_cast<double>(at.position) + size) - t;
    const State before = gather(x_, rows), slope = gather(slope_, rows);
    State after(before.size()), slope_after(before.size()), error(before.size());
    const auto system = [this](const State& x, State& dxdt, double at_time) { evaluate(x, dxdt, at_time); };
    Stepper().do_step(system, before, slope, t, after, slope_after, h, error);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      evaluations_[rows[i]] += 6;
      const double e = norm(before, after, error, i * width_);
      if (e <= 1) {
        interpolate(rows[i], i * width_, {before, slope, after, slope_after}, t, h);
        std::copy_n(&after[i * width_], width_, &x_[rows[i] * width_]);
        std::copy_n(&slope_after[i * width_], width_, &slope_[rows[i] * width_]);
      }
      control(rows[i], e);
    }
  }

  double norm(const State& before, const State& after, const State& error, std::size_t begin) const {
    double sum = 0;
    for (std::size_t j = begin; j < begin + width_; ++j) {
      const double scale = config_.absolute + config_.relative * std::max(std::abs(before[j]), std::abs(after[j]));
      sum += error[j] / scale * (error[j] / scale);
    }
    return std::sqrt(sum / static_cast<double>(width_));
  }

  /// Accepts or rejects by the error `e`, and sets the size of the next step.
  void control(std::size_t row, double e) {
    Progress& p = progress_[row];
    const bool accepted = e <= 1;
    const double factor = std::isfinite(e) ? std::clamp(0.9 * std::pow(e, -0.2), 0.1, 4.0) : 0.1;
    if (accepted) p.position += std::int64_t{1} << p.level;
    p.level += static_cast<int>(std::floor(std::log2(factor)));
    if (p.position > 0 && p.position < lattice_end)
      p.level = std::min(p.level, std::countr_zero(static_cast<std::uint64_t>(p.position)));
    p.level = std::min(p.level, lattice_bits);
    require<NumericalError>(
        p.level >= 0 || p.position == lattice_end,
        "[dopri5] sample {}: the step size vanished at t = {}; the field is not finite or not smooth "
        "there: raise t_min or the tolerance",
        row, time(static_cast<double>(p.position)));
  }

  struct Ends {
    const State &before, &slope, &after, &slope_after;
  };
  /// The frames within an accepted step, by the cubic through both ends and their slopes.
  void interpolate(std::size_t row, std::size_t begin, const Ends& e, double t, double h) {
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      const double u = (config_.frames[f] - t) / h;
      if (u < 0 || u > 1) continue;
      const double a = (1 + 2 * u) * (1 - u) * (1 - u), b = u * (1 - u) * (1 - u) * h;
      const double c = u * u * (3 - 2 * u), d = u * u * (u - 1) * h;
      for (std::size_t j = 0; j < width_; ++j) {
        const std::size_t k = begin + j;
        frames_[f][row * width_ + j] = a * e.before[k] + b * e.slope[k] + c * e.after[k] + d * e.slope_after[k];
      }
    }
  }

  const VectorField& field_;
  const OdeConfig& config_;
  Shape shape_;
  Dtype dtype_;
  double t0_, t1_;
  State x_, slope_;
  std::size_t rows_ = 0, width_ = 0;
  std::vector<Progress> progress_;
  std::vector<std::int64_t> evaluations_;
  std::vector<State> frames_;
};

}  // namespace

OdeSolution dopri5(const VectorField& field, const Tensor& x, double t0, double t1, const OdeConfig& config) {
  require<ShapeError>(x.rank() > 0, "[dopri5] expected x [B, ...], got a scalar");
  require<ConfigError>(config.absolute > 0 && config.relative >= 0,
                       "[dopri5] expected tolerances absolute > 0 and relative >= 0, got {} and {}", config.absolute,
                       config.relative);
  return Integration(field, x, t0, t1, config).run();
}

}  // namespace fokker
