// Gradients through paths: tape, checkpoints and the reversible adjoint against each other, differences and closed forms.
#include "fokker/solvers/steppers/adjoint.h"

#include <cmath>

#include "fokker/core/ops/autodiff.h"
#include "fokker/solvers/orders/order.h"
#include "tests/solvers/steppers/path_example.h"
#include "tests/support/catch.h"

using namespace path_example;

namespace {

struct Found {
  double loss;
  std::vector<Tensor> gradients;  // by x(0) and by theta
};

Found found_by(Adjoint adjoint, Noise noise, const std::string& solver, bool one_path = false, std::int64_t segment = 0,
               Calculus calculus = Calculus::stratonovich) {
  const Tensor x0 = start().leaf(), theta = values().leaf();
  DifferentiablePath path = path_of(example(noise, theta, calculus), solver, 37, one_path);
  path.frames = {path.grid[0], path.grid[12], path.grid[37]};
  path.parameters = {theta};
  path.adjoint = adjoint;
  path.segment = segment;
  const Tensor loss = loss_of(solve(path, x0)) + 0.1 * sum(square(theta));
  const Tensor inputs[] = {x0, theta};
  return {loss.item(), grad(loss, inputs)};
}

double difference(const Found& a, const Found& b) {
  double largest = std::abs(a.loss - b.loss) / std::abs(b.loss);
  for (std::size_t i = 0; i < a.gradients.size(); ++i)
    for (std::int64_t j = 0; j < a.gradients[i].size(); ++j)
      largest = std::max(largest,
                         std::abs(a.gradients[i].at(j) - b.gradients[i].at(j)) / (1 + std::abs(b.gradients[i].at(j))));
  return largest;
}

constexpr Noise every_noise[] = {Noise::additive, Noise::diagonal, Noise::scalar, Noise::general};

}  // namespace

TEST_CASE("tape, checkpoints and the reversible adjoint find the same gradients under any noise") {
  for (const Noise noise : every_noise)
    for (const bool one_path : {false, true}) {
      INFO(to_string(noise) << (one_path ? ", one path" : ""));
      const Found tape = found_by(Adjoint::tape, noise, "reversible_heun", one_path);
      CHECK(difference(found_by(Adjoint::checkpoint, noise, "reversible_heun", one_path), tape) < 1e-13);
      CHECK(difference(found_by(Adjoint::checkpoint, noise, "reversible_heun", one_path, 5), tape) < 1e-13);
      CHECK(difference(found_by(Adjoint::checkpoint, noise, "reversible_heun", one_path, 100), tape) < 1e-13);
      CHECK(difference(found_by(Adjoint::reversible, noise, "reversible_heun", one_path), tape) < 1e-11);
      // The comparison sees another path.
      CHECK(difference(found_by(Adjoint::tape, noise, "reversible_heun", !one_path), tape) > 1e-2);
    }
}

TEST_CASE("checkpoints serve every stepper") {
  for (const auto& name : stepper_names()) {
    INFO(name);
    const bool ito = make_solver(name)->claims().ito;
    const Calculus calculus = ito ? Calculus::ito : Calculus::stratonovich;
    const Noise noise = make_solver(name)->claims().strong_diagonal > 0 ? Noise::diagonal : Noise::additive;
    if (name == "implicit_euler") {  // its iteration is off the tape
      CHECK_THROWS_WITH(found_by(Adjoint::tape, noise, name, false, 0, calculus),
                        Catch::Contains("not differentiable"));
      continue;
    }
    const Found tape = found_by(Adjoint::tape, noise, name, false, 0, calculus);
    CHECK(difference(found_by(Adjoint::checkpoint, noise, name, false, 0, calculus), tape) < 1e-13);
  }
}

TEST_CASE("gradients are those of differences on the same noise") {
  for (const Noise noise : every_noise) {
    const Found found = found_by(Adjoint::reversible, noise, "reversible_heun");
    const auto loss_at = [&](const Tensor& theta, const Tensor& x0) {
      DifferentiablePath path = path_of(example(noise, theta), "reversible_heun");
      path.frames = {path.grid[0], path.grid[12], path.grid[37]};
      return loss_of(solve(path, x0)).item() + 0.1 * sum(square(theta)).item();
    };
    const auto derivative = [&](bool by_theta, std::int64_t i) {
      Tensor theta = values().clone(), x0 = start().clone();
      double& value = (by_theta ? theta : x0).data<double>()[static_cast<std::size_t>(i)];
      const double at = value, h = 1e-3;
      const auto moved = [&](double steps) {
        value = at + steps * h;
        return loss_at(theta, x0);
      };
      return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * h);
    };
    INFO(to_string(noise));
    for (std::int64_t i = 0; i < 3; ++i)
      CHECK(found.gradients[1].at(i) == Approx(derivative(true, i)).epsilon(1e-8).margin(1e-8));
    for (const std::int64_t i : {0, 3, 9})
      CHECK(found.gradients[0].at(i) == Approx(derivative(false, i)).epsilon(1e-8).margin(1e-8));
  }
}

TEST_CASE("Euler-Maruyama on OU has the gradient of its own recursion, and in the mean that of the exact moment") {
  const std::int64_t n = 20'000, steps = 256;
  const double value = 1.2, sigma = 0.8, h = 1.0 / static_cast<double>(steps);
  const Tensor theta = Tensor::scalar(value, Dtype::f64).leaf(), x0 = Tensor::ones({n, 1}, Dtype::f64);
  const auto sde =
      std::make_shared<FunctionSde>([=](const Tensor& x, double) { return -theta * x; },
                                    [=](const Tensor& x, double) { return Tensor::scalar(sigma, x.dtype()); });
  const auto noise = std::make_shared<SequentialNoise>(2, x0.shape(), Dtype::f64);
  const DifferentiablePath path{.sde = sde,
                                .solver = make_solver("euler_maruyama"),
                                .noise = noise,
                                .grid = uniform_points(0, 1, steps),
                                .parameters = {theta},
                                .adjoint = Adjoint::checkpoint};
  const double found = grad(mean(square(solve(path, x0))), theta).item();
  // x⁺ = (1 − θ h) x + σ W and d = ∂x/∂θ:  d⁺ = (1 − θ h) d − h x;  ∂x²/∂θ = 2 x d.
  Tensor x = x0, d = x0 * 0;
  for (std::int64_t i = 0; i < steps; ++i) {
    d = weighted_sum({{1 - value * h, d}, {-h, x}});
    x = weighted_sum({{1 - value * h, x}, {sigma, noise->increment(i, 0, h, 0).w}});
  }
  const Tensor each = 2 * x * d;
  CHECK(found == Approx(mean(each).item()).epsilon(1e-12));
  // E x² = e^{−2θ} + σ²(1 − e^{−2θ})/(2θ);  five standard errors, and a step's bias of 1 %.
  const double decay = std::exp(-2 * value),
               exact = -2 * decay + sigma * sigma * (2 * value * decay - 1 + decay) / (2 * value * value);
  const double deviation = std::sqrt(mean(square(each - mean(each).item())).item() / static_cast<double>(n));
  CHECK(std::abs(found - exact) < 5 * deviation + 0.01 * std::abs(exact));
  CHECK(std::abs(found + 2 * decay) > 5 * deviation + 0.01 * std::abs(exact));  // without the noise's part
}

TEST_CASE("gradients through GBM converge to those of the exact solution") {
  // Stratonovich: x(1) = x0 e^{μ + σ B}, so that ∂x/∂μ = x and ∂x/∂σ = B x.
  const Shape shape = {500, 1};
  const auto noise = std::make_shared<BrownianPath>(3, shape, 0, 1, Dtype::f64);
  const Tensor b = noise->increment(0, 0, 1, 0).w, x0 = Tensor::ones(shape, Dtype::f64);
  const Tensor exact = exp(0.3 + 0.5 * b);
  std::vector<double> by_mu, by_sigma;
  for (int level = 4; level < 10; ++level) {
    const Tensor mu = Tensor::full(shape, 0.3, Dtype::f64).leaf(), sigma = Tensor::full(shape, 0.5, Dtype::f64).leaf();
    const DifferentiablePath path{
        .sde = std::make_shared<FunctionSde>(
            [=](const Tensor& x, double) { return mu * x; }, [=](const Tensor& x, double) { return sigma * x; },
            FunctionSdeConfig{.noise = Noise::diagonal, .calculus = Calculus::stratonovich}),
        .solver = make_solver("reversible_heun"),
        .noise = noise,
        .grid = uniform_points(0, 1, std::int64_t{1} << level),
        .parameters = {mu, sigma},
        .adjoint = Adjoint::reversible};
    const auto found = grad(solve(path, x0), path.parameters);  // one μ and σ a path: the gradients path by path
    by_mu.push_back(std::sqrt(mean(square(found[0] - exact)).item()));
    by_sigma.push_back(std::sqrt(mean(square(found[1] - b * exact)).item()));
  }
  INFO(detail::order_of(by_mu) << ", " << detail::order_of(by_sigma) << ", last errors " << by_mu.back() << ", "
                               << by_sigma.back());
  CHECK(detail::order_of(by_mu) == Approx(1).margin(0.15));
  CHECK(detail::order_of(by_sigma) == Approx(1).margin(0.15));
  CHECK(by_mu.back() < 5e-3);
}

TEST_CASE("the tape gives second derivatives, an adjoint refuses them") {
  const auto second = [](Adjoint adjoint) {
    const Tensor theta = Tensor::scalar(0.7, Dtype::f64).leaf();
    DifferentiablePath path =
        path_of(std::make_shared<FunctionSde>([=](const Tensor& x, double) { return theta * x; },
                                              [](const Tensor& x, double) { return Tensor::scalar(0, x.dtype()); }),
                "euler_maruyama", 10);
    path.parameters = {theta};
    path.adjoint = adjoint;
    const Tensor first = grad(sum(solve(path, Tensor::ones(state_shape, Dtype::f64))), theta, true);
    return grad(first, theta).item();
  };
  // x = (1 + θ/10)^10
  CHECK(second(Adjoint::tape) == Approx(2 * paths * 0.9 * std::pow(1.07, 8)).epsilon(1e-12));
  CHECK_THROWS_WITH(second(Adjoint::checkpoint), Catch::Contains("\"tape\" for higher"));
}

TEST_CASE("paths in a row share parameters, and their adjoints add up") {
  const Tensor theta = values().leaf(), x0 = start().leaf(), inputs[] = {x0, theta};
  const auto sde = example(Noise::diagonal, theta);
  const auto whole = path_of(sde, "reversible_heun", 20, true);
  const auto half = [&](std::size_t begin, Adjoint adjoint) {
    DifferentiablePath path = whole;
    path.grid = {whole.grid.begin() + static_cast<std::ptrdiff_t>(begin),
                 whole.grid.begin() + static_cast<std::ptrdiff_t>(begin) + 11};
    path.parameters = {theta};
    path.adjoint = adjoint;
    return path;
  };
  const auto both = [&](Adjoint adjoint) {
    const Tensor middle = reshape(solve(half(0, adjoint), x0), state_shape);
    const Tensor end = solve(half(10, adjoint), middle * element(theta, 1));
    return grad(loss_of(end) * element(theta, 0), inputs);
  };
  const auto tape = both(Adjoint::tape);
  for (const Adjoint adjoint : {Adjoint::checkpoint, Adjoint::reversible}) {
    const auto found = both(adjoint);
    CHECK(difference({1, found}, {1, tape}) < 1e-11);
  }
}

TEST_CASE("a path from a state off the tape is differentiated by what the SDE holds, from its first step") {
  const auto loss_at = [](const Tensor& theta, const std::string& solver) {
    const auto sde = example(Noise::diagonal, theta, solver == "milstein" ? Calculus::ito : Calculus::stratonovich);
    return loss_of(solve(path_of(sde, solver, 1), start()));
  };
  for (const std::string solver : {"milstein", "reversible_heun"}) {
    INFO(solver);
    const Tensor theta = values().leaf(), found = grad(loss_at(theta, solver), theta);
    for (std::int64_t i = 0; i < 3; ++i) {
      Tensor up = values().clone(), down = values().clone();
      up.data<double>()[static_cast<std::size_t>(i)] += 1e-5;
      down.data<double>()[static_cast<std::size_t>(i)] -= 1e-5;
      const double difference = (loss_at(up, solver).item() - loss_at(down, solver).item()) / 2e-5;
      CHECK(found.at(i) == Approx(difference).epsilon(1e-7).margin(1e-7));
    }
  }
}
