#include "fokker/solvers/steppers/adjoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "fokker/core/base/registry.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

constexpr const char* names[] = {"tape", "checkpoint", "reversible"};
constexpr Registry table("[solve] adjoint:", names);

detail::Course course_along(const DifferentiablePath& path) {
  return {*path.sde, *path.solver, *path.noise, path.grid};
}

std::vector<Tensor> tensors(const SolverState& state) {
  std::vector<Tensor> all = {state.x};
  all.insert(all.end(), state.memory.begin(), state.memory.end());
  return all;
}

/// Returns the state with leaves for what is on the tape in the state `like`, so that steps from it repeat to the bit.
SolverState cut(const SolverState& state, const SolverState& like) {
  const auto leaf = [](const Tensor& x, const Tensor& other) { return other.tracked() ? x.leaf() : x; };
  SolverState result{leaf(state.x, like.x)};
  for (std::size_t i = 0; i < state.memory.size(); ++i) result.memory.push_back(leaf(state.memory[i], like.memory[i]));
  return result;
}

/// Returns the leaves behind the state that are not among `known`.
std::vector<detail::NodeRef> leaves_behind(const SolverState& state, const std::vector<Tensor>& known) {
  std::set<const detail::Node*> seen;
  for (const Tensor& x : known) seen.insert(x.node());
  std::vector<detail::Node*> open;
  const auto visit = [&](detail::Node* node) {
    if (node && seen.insert(node).second) open.push_back(node);
  };
  for (const Tensor& x : tensors(state)) visit(x.node());
  std::vector<detail::NodeRef> found;
  while (!open.empty()) {
    detail::Node* node = open.back();
    open.pop_back();
    if (node->op == Op::leaf) {
      detail::retain(node);
      found.emplace_back(node);
    }
    for (int i = 0; i < node->input_count; ++i) visit(node->inputs[i].get());
  }
  return found;
}

Tensor stacked(const std::vector<Tensor>& states) {
  std::vector<Tensor> rows;
  for (const Tensor& x : states) rows.push_back(reshape(x, with_axis(x.shape(), 0, 1)));
  return concat(rows, 0);
}

/// What the vjp of a path keeps, and does.
class Replay {
 public:
  Replay(const DifferentiablePath& path, const Tensor& x, std::vector<std::size_t> frames)
      : path_(path), course_(course_along(path_)), x0_(x.detach().leaf()) {
    const auto n = course_.steps();
    const auto root = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(n))));
    segment_ = path.adjoint == Adjoint::reversible ? 1
               : path.segment > 0                  ? static_cast<std::size_t>(path.segment)
                                                   : root;
    frame_at_.assign(n + 1, -1);
    for (std::size_t i = 0; i < frames.size(); ++i) frame_at_[frames[i]] = static_cast<std::int64_t>(i);
  }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  std::vector<Tensor> forward();
  /// Gradients by x and by the parameters, from those by the frames.
  std::vector<Tensor> backward(const Tensor& dy);

 private:
  struct Gradient {
    std::vector<Tensor> state, parameters;  // undefined: zero
  };
  void check_leaves(std::size_t i, const SolverState& state, const SolverState& start);
  SolverState back(const SolverState& end, const BrownianIncrement& b, std::size_t i) const;
  SolverState pull(const SolverState& start, std::size_t first, const std::vector<BrownianIncrement>& increments,
                   const Tensor& dy, Gradient& gradient) const;
  void check_repeated(const SolverState& found, const SolverState& wanted, bool to_the_bit) const;

  DifferentiablePath path_;
  detail::Course course_;
  Tensor x0_;
  std::size_t segment_;
  std::vector<std::int64_t> frame_at_;  // number of the frame at each grid point, −1 where there is none
  std::vector<SolverState> kept_;       // after each segment, or after the last alone
  std::vector<detail::NodeRef> strangers_;
};

/// Throws for leaves of the first step that the second step meets again: the SDE
/// holds these; others were made on the way.
void Replay::check_leaves(std::size_t i, const SolverState& state, const SolverState& start) {
  if (i > 1) return;
  std::vector<Tensor> known = tensors(start);
  known.insert(known.end(), path_.parameters.begin(), path_.parameters.end());
  auto met = leaves_behind(state, known);
  for (const auto& a : met)
    for (const auto& b : strangers_)
      require<ConfigError>(
          a.get() != b.get(),
          "[solve] drift or diffusion of {} holds a leaf that is not among `parameters`; name it there, "
          "take its detach(), or the adjoint \"tape\"",
          path_.sde->name());
  strangers_ = i == 0 ? std::move(met) : std::vector<detail::NodeRef>{};
}

std::vector<Tensor> Replay::forward() {
  const Recording on_tape(true);
  std::vector<Tensor> frames;
  if (frame_at_[0] >= 0) frames.push_back(x0_.detach());
  SolverState state{x0_};
  for (std::size_t i = 0; i < course_.steps(); ++i) {
    const SolverState start = state;
    course_.advance(state, course_.increment(i, x0_.shape()), i);
    check_leaves(i, state, start);
    state = cut(state, state);
    if (frame_at_[i + 1] >= 0) frames.push_back(state.x.detach());
    const bool last = i + 1 == course_.steps(), checkpoint = path_.adjoint == Adjoint::checkpoint;
    if (last || (checkpoint && (i + 1) % segment_ == 0)) kept_.push_back(state);
  }
  course_.require_finite(x0_, state.x);
  return frames;
}

SolverState Replay::back(const SolverState& end, const BrownianIncrement& b, std::size_t i) const {
  const NoGrad off_tape;
  SolverState state = end;
  course_.solver.advance(course_.sde, reversed(b), state, course_.grid[i + 1], course_.grid[i]);
  return cut(state, end);
}

/// Steps one segment on the tape and pulls `gradient` back through it; returns its end.
SolverState Replay::pull(const SolverState& start, std::size_t first, const std::vector<BrownianIncrement>& increments,
                         const Tensor& dy, Gradient& gradient) const {
  std::vector<Tensor> outputs;
  const auto add = [&](const Tensor& x, const Tensor& weight) {
    if (weight.defined() && x.tracked()) outputs.push_back(x * weight);
  };
  SolverState state = start;
  for (std::size_t i = 0; i < increments.size(); ++i) {
    course_.advance(state, increments[i], first + i);
    if (const std::int64_t frame = frame_at_[first + i + 1]; frame >= 0)
      add(state.x, dy.rows(frame, frame + 1).view(x0_.shape()));
  }
  const std::vector<Tensor> ends = tensors(state), begins = tensors(start);
  for (std::size_t i = 0; i < gradient.state.size(); ++i) add(ends[i], gradient.state[i]);
  std::vector<Tensor> inputs = path_.parameters;
  for (const Tensor& x : begins)
    if (x.tracked()) inputs.push_back(x);
  const std::vector<Tensor> found = grad(outputs, inputs);
  for (std::size_t i = 0; i < path_.parameters.size(); ++i) {
    Tensor& sum = gradient.parameters[i];
    sum = sum.defined() ? sum + found[i] : found[i];
  }
  gradient.state.clear();
  auto next = found.begin() + static_cast<std::ptrdiff_t>(path_.parameters.size());
  for (const Tensor& x : begins) gradient.state.push_back(x.tracked() ? *next++ : Tensor{});
  return cut(state, state);
}

std::vector<Tensor> Replay::backward(const Tensor& dy) {
  require<ConfigError>(!recording(),
                       "[solve] the adjoint \"{}\" gives first derivatives alone; take \"tape\" for higher ones",
                       to_string(path_.adjoint));
  const Recording on_tape(true);
  const bool reversible = path_.adjoint == Adjoint::reversible;
  Gradient gradient;
  gradient.parameters.resize(path_.parameters.size());
  SolverState end = kept_.back();
  for (std::size_t last = course_.steps(); last > 0;) {
    const std::size_t number = (last - 1) / segment_, first = number * segment_;
    std::vector<BrownianIncrement> increments;
    for (std::size_t i = first; i < last; ++i) increments.push_back(course_.increment(i, x0_.shape()));
    const SolverState start = first == 0   ? SolverState{x0_}
                              : reversible ? back(end, increments[0], first)
                                           : kept_[number - 1];
    const SolverState again = pull(start, first, increments, dy, gradient);
    // Each step back meets its own forward step.  The error of all steps shows at x(0), which is known.
    if (!reversible || first == 0) check_repeated(again, end, !reversible);
    end = start;
    last = first;
  }
  Tensor& dx = gradient.state[0];
  if (frame_at_[0] >= 0) dx = dx + dy.rows(0, 1).view(x0_.shape());
  std::vector<Tensor> result = std::move(gradient.parameters);
  result.insert(result.begin(), dx);
  return result;
}

void Replay::check_repeated(const SolverState& found, const SolverState& wanted, bool to_the_bit) const {
  const auto a = tensors(found), b = tensors(wanted);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_the_bit) {
      require<NumericalError>(
          std::memcmp(a[i].raw(), b[i].raw(), static_cast<std::size_t>(a[i].bytes())) == 0,
          "[solve] the backward pass over {} did not repeat its path: keep the values of parameters "
          "until then, and drift and noise free of other random numbers",
          path_.sde->name());
      continue;
    }
    double error = 0, size = 0;
    for (std::int64_t j = 0; j < a[i].size(); ++j) {
      const double apart = std::abs(a[i].at(j) - b[i].at(j));
      if (!(apart <= error)) error = apart;  // NaN too
      size = std::max(size, std::abs(a[i].at(j)));
    }
    require<NumericalError>(
        error <= (x0_.dtype() == Dtype::f64 ? 1e-6 : 1e-3) * size,
        "[solve] the path of {}, reversed, misses its start by {:.1e} of its size: keep the values of "
        "parameters until then, or take the adjoint \"checkpoint\" where the drift contracts much",
        path_.sde->name(), error / size);
  }
}

/// All parameters behind one another, since an op takes few inputs.
Tensor packed(const std::vector<Tensor>& parameters, Dtype dtype) {
  std::vector<Tensor> parts = {Tensor::zeros({0}, dtype)};
  for (const Tensor& p : parameters) parts.push_back(cast(reshape(p, {p.size()}), dtype));
  return concat(parts, 0);
}

Tensor recorded(const DifferentiablePath& path, const Tensor& x, std::vector<std::size_t> frames) {
  const auto replay = std::make_shared<Replay>(path, x, std::move(frames));
  Tensor value = stacked(replay->forward());
  const Tensor all = packed(path.parameters, x.dtype());
  return record(Op::composite, inputs(x, all), std::move(value), [replay, dtype = x.dtype()](const Tensor& dy) {
    std::vector<Tensor> found = replay->backward(dy);
    Tensor dx = std::move(found[0]);
    found.erase(found.begin());
    return Gradients{std::move(dx), packed(found, dtype)};
  });
}

void check(const DifferentiablePath& path, const Tensor& x) {
  require<ConfigError>(path.sde && path.solver && path.noise,
                       "[solve] expected an SDE, a solver and a Brownian motion");
  course_along(path).check(x);
  require<ConfigError>(path.segment >= 0, "[solve] expected a segment of at least one step, or 0 for √steps, got {}",
                       path.segment);
  require<ConfigError>(path.adjoint != Adjoint::reversible || path.solver->claims().reversible,
                       "[solve] {} cannot be reversed; take reversible_heun, or the adjoint \"checkpoint\"",
                       path.solver->name());
  for (std::size_t i = 0; i < path.parameters.size(); ++i)
    require<ConfigError>(path.parameters[i].tracked() && path.parameters[i].node()->op == Op::leaf,
                         "[solve] expected leaves as parameters, but number {} is none; make it a leaf()", i);
}

}  // namespace

const char* to_string(Adjoint adjoint) { return names[static_cast<int>(adjoint)]; }

Adjoint adjoint(const std::string& name) { return table.number<Adjoint>(name); }

Tensor solve(const DifferentiablePath& path, const Tensor& x) {
  check(path, x);
  const auto points = detail::frame_points(path.grid, path.frames);
  if (path.adjoint != Adjoint::tape && recording()) return recorded(path, x, points);
  const detail::Course course = course_along(path);
  std::vector<Tensor> states;
  if (points[0] == 0) states.push_back(x);
  const Tensor end = course.march(x, [&](std::size_t i, const SolverState& at) {
    if (std::ranges::binary_search(points, i + 1)) states.push_back(at.x);
  });
  course.require_finite(x, end);
  return stacked(states);
}

}  // namespace fokker
