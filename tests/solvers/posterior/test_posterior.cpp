// Scores under a measurement, where the posterior is Gaussian and known.
#include <cmath>

#include "fokker/core/base/parallel.h"
#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/matmul.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/sde/ve.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/posterior/posterior.h"
#include "fokker/solvers/posterior/twisted.h"
#include "tests/support/catch.h"
#include "tests/support/posterior.h"

using namespace fokker;

namespace {

using Matrix = Eigen::MatrixXd;

Matrix random_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Matrix m(rows, columns);
  const Tensor values = Rng(seed).normal({rows, columns}, Dtype::f64);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) m(i, j) = values.at(i * columns + j);
  return m;
}

Tensor tensor_of(const Matrix& m) {
  Tensor t = Tensor::empty({m.rows(), m.cols()}, Dtype::f64);
  for (std::int64_t i = 0; i < m.size(); ++i)
    t.data<double>()[static_cast<std::size_t>(i)] = m(i / m.cols(), i % m.cols());
  return t;
}

/// ∇ log p_t of data N(0, C): −(α² C + σ²)⁻¹ x.
Score gaussian_score(const Matrix& c, const ForwardSde& sde) {
  return [c, kept = share(sde)](const Tensor& x, double t) {
    const Marginal at = kept->marginal(t);
    const Matrix v = at.alpha * at.alpha * c + at.sigma * at.sigma * Matrix::Identity(c.rows(), c.rows());
    return matmul(x, cast(tensor_of(-v.inverse()), x.dtype()));
  };
}

/// ∇ log p_t(x | y) of data N(0, C) with y = A x₀ + s ε: the posterior of x₀, diffused.
Tensor exact_score(const Matrix& c, const Matrix& a, double noise, const Tensor& y, const Tensor& x, Marginal at) {
  const Matrix s = a * c * a.transpose() + noise * noise * Matrix::Identity(a.rows(), a.rows());
  const Matrix gain = c * a.transpose() * s.inverse(), after = c - gain * a * c;
  const Matrix v = at.alpha * at.alpha * after + at.sigma * at.sigma * Matrix::Identity(c.rows(), c.rows());
  const Tensor mean = matmul(y, tensor_of(gain), Transpose::no, Transpose::yes) * at.alpha;
  return matmul(mean - x, tensor_of(v.inverse()));
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.at(i) - b.at(i)));
  return largest;
}

constexpr std::int64_t d = 5, m = 2, rows = 7;

}  // namespace

TEST_CASE("pigdm is the exact score under a measurement of isotropic Gaussian data, mmps of any Gaussian") {
  const Matrix a = random_matrix(m, d, 1), root = random_matrix(d, d, 2);
  const Tensor x = Rng(3).normal({rows, d}, Dtype::f64) * 1.3, y = Rng(4).normal({rows, m}, Dtype::f64);
  const Matrix isotropic = 0.49 * Matrix::Identity(d, d), general = root * root.transpose() / d;
  const VP vp;
  const VE ve;
  for (const ForwardSde* sde : {static_cast<const ForwardSde*>(&vp), static_cast<const ForwardSde*>(&ve)})
    for (const double t : {0.02, 0.3, 0.9})
      for (const double noise : {0.0, 0.4}) {
        INFO(sde->name() << " t = " << t << " noise " << noise);
        const Measurement measured{dense({d}, tensor_of(a)), y, noise};
        const auto error = [&](const Matrix& c, const PosteriorConfig& config) {
          const Tensor found = posterior_score(gaussian_score(c, *sde), *sde, measured, config)(x, t);
          const Tensor exact = exact_score(c, a, noise, y, x, sde->marginal(t));
          return largest_difference(found, exact) / std::sqrt(sum(square(exact)).item());
        };
        CHECK(error(isotropic, {.method = "pigdm", .data_sigma = 0.7, .limit = 1e6}) < 1e-9);
        CHECK(error(isotropic, {.method = "mmps", .tolerance = 1e-10, .limit = 1e6}) < 1e-8);
        CHECK(error(general, {.method = "mmps", .tolerance = 1e-10, .limit = 1e6}) < 1e-8);
        if (t < 0.1) continue;  // where all agree
        // What they do not claim.
        CHECK(error(general, {.method = "pigdm", .data_sigma = 0.7, .limit = 1e6}) > 1e-4);
        CHECK(error(isotropic, {.method = "dps"}) > 1e-4);
      }
}

TEST_CASE("replacement is exact where the known part tells nothing of the rest, and only there") {
  const Tensor x = Rng(3).normal({rows, d}, Dtype::f64), y = Rng(4).normal({rows, m}, Dtype::f64);
  const VP sde;
  Matrix a = Matrix::Zero(m, d);
  a(0, 1) = a(1, 3) = 1;
  Matrix dependent = Matrix::Identity(d, d);
  dependent(0, 1) = dependent(1, 0) = 0.8;
  for (const double t : {0.05, 0.5}) {
    const Measurement measured{masking({d}, {false, true, false, true, false}), y, 0};
    const auto error = [&](const Matrix& c) {
      const Tensor found = posterior_score(gaussian_score(c, sde), sde, measured, {.method = "replacement"})(x, t);
      return largest_difference(found, exact_score(c, a, 0, y, x, sde.marginal(t)));
    };
    CHECK(error(Matrix::Identity(d, d)) < 1e-10);
    CHECK(error(dependent) > 0.05);
  }
}

TEST_CASE("replacement by any operator has the score of the measured part") {
  const Matrix a = random_matrix(m, d, 1);
  const Tensor x = Rng(3).normal({rows, d}, Dtype::f64), y = Rng(4).normal({rows, m}, Dtype::f64);
  const VP sde;
  const Measurement measured{dense({d}, tensor_of(a)), y, 0.3};
  const Matrix c = Matrix::Identity(d, d);
  const Marginal at = sde.marginal(0.4);
  const Tensor s = gaussian_score(c, sde)(x, 0.4);
  const Tensor found = posterior_score(gaussian_score(c, sde), sde, measured, {.method = "replacement"})(x, 0.4);
  // A A' of the score of N(α y, σ² A A' + α² s² I) at A x.
  const Matrix v = at.sigma * at.sigma * a * a.transpose() + at.alpha * at.alpha * 0.09 * Matrix::Identity(m, m);
  const Tensor pull = matmul(y * at.alpha - measured.op->apply(x), tensor_of(a.transpose() * v.inverse()),
                             Transpose::no, Transpose::yes);
  CHECK(largest_difference(measured.op->apply(found), measured.op->apply(pull)) < 1e-9);
  const Matrix outside = c - a.transpose() * (a * a.transpose()).inverse() * a;
  CHECK(largest_difference(matmul(found, tensor_of(outside)), matmul(s, tensor_of(outside))) < 1e-9);
}

TEST_CASE("the gradient of dps is that of the residual's norm, each sample its own") {
  const GaussianMixture prior({{1, 0, 0}, {-1, 1, 0}}, {0.5, 0.3});
  const VP sde;
  const double t = 0.3, noise = 0.2, strength = 0.7;
  const Marginal at = sde.marginal(t);
  const Operator op = dense({3}, Tensor::from({1, 0.5, 0, 0, 1, -1}, {2, 3}, Dtype::f64));
  const Tensor x = Rng(3).normal({4, 3}, Dtype::f64), y = Rng(4).normal({4, 2}, Dtype::f64);
  const Score score = prior.score(sde);
  const Tensor found = posterior_score(score, sde, {op, y, noise}, {.method = "dps", .strength = strength})(x, t);
  const auto norm = [&](const Tensor& at_x, std::int64_t row) {
    return std::sqrt(sum(square(y - op->apply(prior.denoise(at_x, at))), {1}).at(row));
  };
  for (std::int64_t i = 0; i < 4; ++i)
    for (std::int64_t j = 0; j < 3; ++j) {
      Tensor up = x.clone(), down = x.clone();
      const auto e = static_cast<std::size_t>(3 * i + j);
      up.data<double>()[e] += 1e-5;
      down.data<double>()[e] -= 1e-5;
      const double slope = (norm(up, i) - norm(down, i)) / 2e-5;
      const double expected = -strength * std::sqrt(2.0) * at.alpha / std::hypot(at.sigma, at.alpha * noise) * slope;
      CHECK(found.at(3 * i + j) - score(x, t).at(3 * i + j) == Approx(expected).epsilon(1e-5).margin(1e-7));
    }
  const Tensor alone =
      posterior_score(score, sde, {op, y.rows(2, 3), noise}, {.method = "dps", .strength = strength})(x.rows(2, 3), t);
  CHECK(alone.to_vector() == found.rows(2, 3).to_vector());
}

TEST_CASE("a measurement moves the denoised sample no farther than the limit, each sample by itself") {
  const VP sde;
  const double t = 0.4, limit = 0.5, c = 0.8;
  const Marginal at = sde.marginal(t);
  const Score score = gaussian_score(c * c * Matrix::Identity(d, d), sde);
  Tensor y = Rng(4).normal({rows, m}, Dtype::f64) * 0.1;
  y.data<double>()[0] = 50;  // of the first sample alone
  const Tensor x = Rng(3).normal({rows, d}, Dtype::f64) * at.sigma;
  const Measurement measured{dense({d}, tensor_of(random_matrix(m, d, 1))), y, 0.1};
  for (const char* method : {"pigdm", "mmps"}) {
    const auto moved = [&](double most) {
      const PosteriorConfig config{.method = method, .data_sigma = c, .tolerance = 1e-10, .limit = most};
      const Tensor by = posterior_score(score, sde, measured, config)(x, t) - score(x, t);
      return by * (at.sigma * at.sigma / at.alpha);
    };
    const Tensor bounded = moved(limit), free = moved(1e6);
    CHECK(std::sqrt(sum(square(bounded.rows(0, 1))).item() / d) == Approx(limit * c).epsilon(1e-9));
    for (std::int64_t i = 1; i < rows; ++i)
      if (std::sqrt(sum(square(free.rows(i, i + 1))).item() / d) < limit * c)
        CHECK(largest_difference(bounded.rows(i, i + 1), free.rows(i, i + 1)) < 1e-12);
  }
}

TEST_CASE("samples under measurements keep their bits for any shard, number and threads") {
  const GaussianMixture prior({{1, 0, 0}, {-1, 1, 0}}, {0.5, 0.3});
  const VP sde;
  const Operator op = masking({3}, {true, false, true});
  const Measurement measured{op, Rng(4).normal({12, 2}), 0.1};
  const int threads = thread_count();
  for (const char* method : {"replacement", "dps", "pigdm", "mmps", "twisted"}) {
    INFO(method);
    const auto draw = [&](std::int64_t n, std::int64_t shard) {
      const SampleConfig config{.solver = "ancestral", .steps = 12, .n = n, .grid = "log_snr"};
      const SampleOptions options{.shape = {3}, .shard = shard};
      if (std::string(method) == "twisted")
        return sample_twisted(prior.score(sde), sde, measured, {.particles = 4}, config, options).values;
      return sample(posterior_score(prior.score(sde), sde, measured, {.method = method}), sde, config, options).values;
    };
    const Tensor all = draw(12, 0);
    set_thread_count(1);
    CHECK(draw(12, 5).to_vector() == all.to_vector());
    set_thread_count(threads);
    CHECK(draw(7, 3).to_vector() == all.rows(0, 7).to_vector());
  }
}

TEST_CASE("measurements that do not fit are refused") {
  const GaussianMixture prior({{1, 0, 0}}, {0.5});
  const VP sde;
  const Operator op = masking({3}, {true, false, true});
  const Score score = prior.score(sde);
  CHECK_THROWS_AS(posterior_score(score, sde, {op, Tensor::zeros({4, 3})}), ShapeError);
  CHECK_THROWS_AS(posterior_score(score, sde, {op, Tensor::zeros({4, 2})}, {.method = "magic"}), ConfigError);
  CHECK_THROWS_AS(posterior_score(score, sde, {op, Tensor::zeros({4, 2}), -1}), ConfigError);
  const Score few = posterior_score(score, sde, {op, Tensor::zeros({4, 2})});
  CHECK_THROWS_AS(few(Tensor::zeros({5, 3}), 0.5), ShapeError);
  const Score values = [](const Tensor& x, double) { return x.detach() * -1.0; };
  const Score opaque = posterior_score(values, sde, {op, Tensor::zeros({4, 2})});
  CHECK_THROWS_AS(opaque(Tensor::zeros({4, 3}), 0.5), ConfigError);
  CHECK_THROWS_AS(sample_twisted(score, sde, {op, Tensor::zeros({4, 2})}, {}, {.n = 4}, {.shape = {3}}), ConfigError);
}
