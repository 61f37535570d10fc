#include <cmath>

#include "fokker/core/ops/rng.h"
#include "tests/core/ops/gradient_cases.h"
#include "tests/support/catch.h"

using namespace gradient_test;

namespace {

Tensor random_tensor(const Input& input, Dtype dtype, std::uint64_t seed) {
  const Tensor u = Rng(seed).uniform(input.shape(), Dtype::f64);
  return cast(u * (input.high - input.low) + input.low, dtype);
}

std::vector<Tensor> random_inputs(const Case& c, Dtype dtype, std::uint64_t seed) {
  std::vector<Tensor> x;
  for (int i = 0; i < c.count; ++i)
    x.push_back(random_tensor(c.inputs[static_cast<std::size_t>(i)], dtype, seed + static_cast<std::uint64_t>(i)));
  return x;
}

std::vector<Tensor> leaves(const std::vector<Tensor>& x) {
  std::vector<Tensor> result;
  for (const Tensor& t : x) result.push_back(t.leaf());
  return result;
}

/// Σ weight·y with weights that no symmetry cancels.
Tensor weighted(const Tensor& y) { return sum(y * cast(Rng(77).uniform(y.shape(), Dtype::f64) + 0.5, y.dtype())); }

/// The derivative of f along one element by a five-point stencil: error ~ h⁴.
template <class F>
double numeric_derivative(std::vector<Tensor> x, std::size_t input, std::size_t element, F f) {
  x[input] = x[input].clone();
  double& value = x[input].data<double>()[element];
  const double at = value, h = 1e-3;
  const auto moved = [&](double steps) {
    value = at + steps * h;
    return f(x);
  };
  const double result = (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * h);
  value = at;
  return result;
}

bool close(double analytic, double numeric, double tolerance) {
  return std::abs(analytic - numeric) <= tolerance * (0.1 + std::abs(numeric));
}

/// Compares every element of the gradients with the derivative of `value`; returns the number that differ.
template <class F>
int count_wrong(const std::vector<Tensor>& x, const std::vector<Tensor>& gradients, F value, double tolerance = 1e-6) {
  int wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t e = 0; e < static_cast<std::size_t>(x[i].size()); ++e)
      wrong += !close(gradients[i].at(static_cast<std::int64_t>(e)), numeric_derivative(x, i, e, value), tolerance);
  return wrong;
}

/// Σ ⟨gradient, direction⟩ over the inputs: a function whose gradient is a row of the Hessian.
Tensor directional(const std::vector<Tensor>& x, Tensor (*apply)(Inputs), bool create_graph) {
  const auto gradients = grad(weighted(apply(x)), x, create_graph);
  Tensor total = Tensor::scalar(0, Dtype::f64);
  for (std::size_t i = 0; i < x.size(); ++i)
    total = total + sum(gradients[i] * (Rng(100 + i).uniform(x[i].shape(), Dtype::f64) - 0.3));
  return total;
}

bool reaches(const detail::Node* node, Op op) {
  if (!node) return false;
  if (node->op == op) return true;
  for (int i = 0; i < node->input_count; ++i)
    if (reaches(node->inputs[i].get(), op)) return true;
  return false;
}

/// cos with the wrong sign in its vjp, and one whose vjp is right to first order alone.
Tensor wrong_cos(const Tensor& x) {
  return record(Op::cos, inputs(x), cos(x.detach()), [x](const Tensor& dy) { return Gradients{dy * sin(x)}; });
}
Tensor first_order_cos(const Tensor& x) {
  return record(Op::cos, inputs(x), cos(x.detach()),
                [x](const Tensor& dy) { return Gradients{-(dy * sin(x.detach()))}; });
}

}  // namespace

TEST_CASE("every op has the gradient of its values and the second derivative of its gradient") {
  for (const Case& c : cases) {
    INFO(to_string(c.op) << ", case " << &c - cases);
    const auto x = random_inputs(c, Dtype::f64, 10);
    const auto leaf = leaves(x);
    const Tensor y = c.apply(leaf);
    CHECK(reaches(y.node(), c.op));
    const auto gradients = grad(weighted(y), leaf);
    CHECK(count_wrong(
              x, gradients, [&](const auto& at) { return weighted(c.apply(at)).item(); }, c.tolerance) == 0);
    const auto with_graph = grad(weighted(c.apply(leaf)), leaf, true);
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::int64_t e = 0; e < x[i].size(); ++e)
        REQUIRE(with_graph[i].at(e) == Approx(gradients[i].at(e)).margin(1e-12));
    const auto second = grad(directional(leaf, c.apply, true), leaf);
    CHECK(count_wrong(
              x, second, [&](const auto& at) { return directional(leaves(at), c.apply, false).item(); }, c.tolerance) ==
          0);
  }
}

TEST_CASE("every op's case is found by its name") {
  REQUIRE(op_names().size() == static_cast<std::size_t>(Op::count) - 1);
  for (const char* name : op_names()) {
    int found = 0;
    for (const Case& c : cases) found += std::string_view(to_string(c.op)) == name;
    INFO(name);
    CHECK(found > 0);
  }
}

TEST_CASE("a wrong gradient and a wrong second derivative are noticed") {
  const std::vector<Tensor> x{Tensor::from({0.3, -0.7, 1.1}, {3}, Dtype::f64)};
  const auto leaf = leaves(x);
  const auto first = grad(weighted(wrong_cos(leaf[0])), leaf);
  CHECK(count_wrong(x, first, [](const auto& at) { return weighted(wrong_cos(at[0])).item(); }) == 3);
  Tensor (*half_right)(Inputs) = [](Inputs at) { return first_order_cos(at[0]); };
  CHECK(count_wrong(x, grad(weighted(half_right(leaf)), leaf),
                    [&](const auto& at) { return weighted(half_right(at)).item(); }) == 0);
  const auto second = grad(directional(leaf, half_right, true), leaf);
  CHECK(count_wrong(x, second, [&](const auto& at) { return directional(leaves(at), half_right, false).item(); }) == 3);
}

TEST_CASE("values and gradients in f32 agree with f64") {
  for (const Case& c : cases) {
    if (c.op == Op::cast) continue;
    INFO(to_string(c.op) << ", case " << &c - cases);
    const auto x = leaves(random_inputs(c, Dtype::f64, 10)), x32 = leaves(random_inputs(c, Dtype::f32, 10));
    const Tensor y = c.apply(x), y32 = c.apply(x32);
    REQUIRE(y32.dtype() == Dtype::f32);
    for (std::int64_t e = 0; e < y.size(); ++e) REQUIRE(y32.at(e) == Approx(y.at(e)).epsilon(2e-5).margin(2e-5));
    const auto g = grad(weighted(y), x), g32 = grad(weighted(y32), x32);
    for (std::size_t i = 0; i < g.size(); ++i)
      for (std::int64_t e = 0; e < g[i].size(); ++e)
        REQUIRE(g32[i].at(e) == Approx(g[i].at(e)).epsilon(1e-4).margin(1e-4));
  }
}

TEST_CASE("third derivatives") {
  const Tensor x = Tensor::from({0.4, 1.3}, {2}, Dtype::f64).leaf();
  const Tensor first = grad(sum(sin(x) * x), x, true);
  const Tensor second = grad(sum(first), x, true);
  const Tensor third = grad(sum(second), x);
  for (std::int64_t i = 0; i < 2; ++i)
    CHECK(third.at(i) == Approx(-3 * std::sin(x.at(i)) - x.at(i) * std::cos(x.at(i))).epsilon(1e-13));
}

namespace {

/// θ x, whose vjp finds its gradients by a pass of its own over θ's node.
Tensor recomputed(const Tensor& theta, const Tensor& x, bool fails = false) {
  return record(Op::composite, inputs(theta, x), (theta * x).detach(), [=](const Tensor& dy) {
    require<Error>(!fails, "this vjp fails");
    const Recording on_tape(true);
    const Tensor at = x.leaf(), both[] = {theta, at};
    const auto found = grad(theta * at * dy, both);
    return Gradients{found[0], found[1]};
  });
}

}  // namespace

TEST_CASE("a vjp may run a backward pass over nodes of the graph that it is part of") {
  const Tensor theta = Tensor::scalar(1.5, Dtype::f64).leaf(), x = Tensor::scalar(0.7, Dtype::f64).leaf();
  const Tensor both[] = {theta, x};
  // θ³ x + θ x: θ has a gradient already, from the last factor and the sum, when the inner passes begin.
  const auto value = [&](bool fails) {
    return recomputed(theta, recomputed(theta, x, fails)) * theta + recomputed(theta, x);
  };
  const Tensor y = value(false);
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto found = grad(y, both);
    CHECK(found[0].item() == Approx(3 * 1.5 * 1.5 * 0.7 + 0.7).epsilon(1e-14));
    CHECK(found[1].item() == Approx(1.5 * 1.5 * 1.5 + 1.5).epsilon(1e-14));
    // A vjp that throws leaves the nodes as they were.
    CHECK_THROWS_AS(grad(value(true), both), Error);
  }
}
