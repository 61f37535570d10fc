#include "fokker/solvers/steppers/adaptive.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

using detail::gather_rows;
using detail::Rows;
using detail::StepLattice;

/// Counts the samples that the drift is evaluated on.
class CountedSde final : public Sde {
 public:
  explicit CountedSde(const Sde& sde) : sde_(sde.clone()) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<CountedSde>(*this); }
  std::string name() const override { return sde_->name(); }
  Noise noise() const override { return sde_->noise(); }
  Calculus calculus() const override { return sde_->calculus(); }
  Shape noise_shape(const Shape& x) const override { return sde_->noise_shape(x); }
  Tensor drift(const Tensor& x, double t) const override {
    *count_ += x.extent(0);
    return sde_->drift(x, t);
  }
  Tensor diffusion(const Tensor& x, double t) const override { return sde_->diffusion(x, t); }
  std::int64_t count() const { return *count_; }

 private:
  std::shared_ptr<const Sde> sde_;
  std::shared_ptr<std::int64_t> count_ = std::make_shared<std::int64_t>(0);
};

class Adaptive {
 public:
  Adaptive(const Sde& sde, const Solver& solver, const BrownianRows& path, const Tensor& x,
           const AdaptiveConfig& config)
      : sde_(sde),
        solver_(solver),
        path_(path),
        config_(config),
        areas_(solver.claims().areas),
        lattice_(BrownianRows::bits, static_cast<std::size_t>(x.extent(0)), 1),  // a step has two halves
        last_error_(lattice_.rows(), 1) {
    solution_.x = x.clone();
    solution_.accepted.assign(lattice_.rows(), 0);
    solution_.rejected.assign(lattice_.rows(), 0);
    for (const double t : config.frames) {
      frames_.push_back(path.place(t));
      solution_.frames.push_back(x.clone());
    }
  }

  AdaptiveSolution run() {
    for (Rows rows = lattice_.next_group(); !rows.empty(); rows = lattice_.next_group()) {
      try_step(rows);
      if (config_.progress) config_.progress(lattice_.fraction());
    }
    const auto samples = static_cast<double>(std::max<std::size_t>(1, lattice_.rows()));
    solution_.evaluations = static_cast<double>(sde_.count()) / samples;
    return std::move(solution_);
  }

 private:
  BrownianIncrement increment(std::int64_t from, std::int64_t to, const Rows& rows) const {
    return sde_.noise() == Noise::none ? BrownianIncrement{} : path_.increment(from, to, rows, areas_);
  }

  Tensor step(const Tensor& x, std::int64_t from, std::int64_t to, const Rows& rows) const {
    return solver_.step(sde_, increment(from, to, rows), x, path_.time(from), path_.time(to));
  }

  EstimatedStep estimated_step(const Tensor& x, std::int64_t from, std::int64_t to, const Rows& rows) const {
    const BrownianIncrement b = increment(from, to, rows);
    const double t0 = path_.time(from), t1 = path_.time(to);
    if (auto embedded = solver_.estimated_step(sde_, b, x, t0, t1)) return *std::move(embedded);
    const std::int64_t middle = from + (to - from) / 2;
    const Tensor whole = solver_.step(sde_, b, x, t0, t1);
    Tensor halves = step(step(x, from, middle, rows), middle, to, rows);
    Tensor error = halves - whole;
    return {std::move(halves), std::move(error)};
  }

  void try_step(const Rows& rows) {
    const std::int64_t from = lattice_[rows[0]].position, to = lattice_[rows[0]].end();
    const Tensor before = gather_rows(solution_.x, rows);
    const EstimatedStep after = estimated_step(before, from, to, rows);
    const std::vector<double> errors = norms(before, after);
    Rows accepted, moving;  // places in the group, and samples
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (errors[i] <= 1) accepted.push_back(i), moving.push_back(rows[i]);
    if (!accepted.empty()) {
      const Tensor x = gather_rows(after.x, accepted);
      fill_frames(gather_rows(before, accepted), x, from, to, moving);
      detail::scatter_rows(x, moving, solution_.x);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) control(rows[i], errors[i]);
  }

  void fill_frames(const Tensor& before, const Tensor& after, std::int64_t from, std::int64_t to, const Rows& rows) {
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      const std::int64_t at = frames_[f];
      if (at <= from || at > to) continue;
      detail::scatter_rows(at == to ? after : step(before, from, at, rows), rows, solution_.frames[f]);
    }
  }

  std::vector<double> norms(const Tensor& before, const EstimatedStep& after) const {
    return visit(before.dtype(), [&]<class T>(T) {
      const auto x0 = before.data<T>(), x1 = after.x.data<T>(), error = after.error.data<T>();
      const auto rows = static_cast<std::size_t>(before.extent(0)), width = x0.size() / rows;
      std::vector<double> norms(rows);
      for (std::size_t i = 0; i < x0.size(); ++i) {
        const double size = std::max(std::abs(double{x0[i]}), std::abs(double{x1[i]}));
        const double ratio = error[i] / std::max(config_.absolute, config_.relative * size);
        norms[i / width] += std::isfinite(x1[i]) ? ratio * ratio : std::nan("");
      }
      for (double& norm : norms) norm = width > 0 ? std::sqrt(norm / static_cast<double>(width)) : 0;
      return norms;
    });
  }

  void control(std::size_t row, double error) {
    const bool accepted = error <= 1, finite = std::isfinite(error);
    ++(accepted ? solution_.accepted : solution_.rejected)[row];
    // The exponents are torchsde's; √2 rounds to the nearest size on the lattice, where a step at most doubles.
    double factor = 0.125;
    if (accepted) {
      factor = std::clamp(0.9 * std::pow(error, -1 / 4.5 - 0.13) * std::pow(last_error_[row], 0.13), 0.5, 2.0);
      last_error_[row] = std::max(error, 1e-3);
    } else if (finite) {
      factor = std::clamp(0.9 * std::pow(error, -1 / 1.5), factor, 0.5 / std::numbers::sqrt2);
    }
    lattice_.control(row, accepted, std::numbers::sqrt2 * factor);
    lattice_.require_progress(row, {solver_.name(), path_.first_sample() + static_cast<std::int64_t>(row),
                                    path_.time(lattice_[row].position), finite, config_.max_steps});
  }

  const CountedSde sde_;
  const Solver& solver_;
  const BrownianRows& path_;
  const AdaptiveConfig& config_;
  int areas_;
  StepLattice lattice_;
  std::vector<double> last_error_;
  std::vector<std::int64_t> frames_;
  AdaptiveSolution solution_;
};

/// Some methods converge by the independence of their steps alone, as Euler–Maruyama does under noise that is not
/// additive.  Such a method has a wrong limit where the noise itself chooses the steps.
void require_convergence(const Solver& solver, const Sde& sde) {
  require_fit(solver, sde);
  const auto converges = [&](const SolverClaims& claims) {
    const bool additive = sde.noise() == Noise::none || sde.noise() == Noise::additive;
    return fits(claims, sde) && (additive || claims.strong_diagonal >= 1);
  };
  if (converges(solver.claims())) return;
  std::vector<std::string> names;
  for (const auto& name : stepper_names())
    if (converges(make_solver(name)->claims())) names.push_back(name);
  throw ConfigError(fmt::format(
      "[{}] with error control has a wrong limit under {} noise, since its strong order is below 1; take one of {}, or "
      "fixed steps",
      solver.name(), to_string(sde.noise()), fmt::join(names, ", ")));
}

void check(const Sde& sde, const Solver& solver, const BrownianRows& path, const Tensor& x,
           const AdaptiveConfig& config) {
  require_convergence(solver, sde);
  require<ShapeError>(x.rank() > 0, "[solve] expected a state [B, ...], got a scalar");
  const Shape wanted = sde.noise_shape(x.shape());
  require<ShapeError>(path.shape() == wanted && path.dtype() == x.dtype(),
                      "[solve] expected a path of shape {} and dtype {} for {} with {} noise, got {} and {}",
                      to_string(wanted), to_string(x.dtype()), sde.name(), to_string(sde.noise()),
                      to_string(path.shape()), to_string(path.dtype()));
  require<ConfigError>(config.absolute > 0 && config.relative >= 0 && std::isfinite(config.absolute + config.relative),
                       "[solve] expected tolerances absolute > 0 and relative >= 0, got {} and {}", config.absolute,
                       config.relative);
  require<ConfigError>(config.max_steps > 0, "[solve] expected max_steps > 0, got {}", config.max_steps);
  const auto [low, high] = std::minmax({path.begin(), path.end()});
  for (const double t : config.frames)
    require<ConfigError>(low <= t && t <= high, "[solve] the frame {} is not within {} … {}", t, low, high);
}

}  // namespace

AdaptiveSolution solve_adaptive(const Sde& sde, const Solver& solver, const BrownianRows& path, const Tensor& x,
                                const AdaptiveConfig& config) {
  check(sde, solver, path, x, config);
  const NoGrad off_tape;
  return Adaptive(sde, solver, path, x, config).run();
}

}  // namespace fokker
