#include "fokker/solvers/orders/sampler_order.h"

#include <cmath>

#include "fokker/sde/mixture.h"
#include "fokker/sde/vp.h"
#include "fokker/solvers/sampling/trajectory.h"

namespace fokker {
namespace {

constexpr int levels = 6;
constexpr double flow_end = 0.3, path_end = 0.1, gaussian_end = 0.01;  // times
constexpr double deviation = 0.5;                                      // standard deviation of the Gaussian

const VP& vp() {
  static const VP sde;
  return sde;
}

Score modes() { return GaussianMixture({{-1.0}, {0.8}}, {0.5, 0.4}, {0.4, 0.6}).score(vp()); }

double gaussian_variance(double t) {
  const Marginal at = vp().marginal(t);
  return std::pow(at.alpha * deviation, 2) + at.sigma * at.sigma;
}

SampleConfig settings(const std::string& solver, std::int64_t steps, double end, double eta) {
  SampleConfig config{.solver = solver, .steps = steps, .grid = "log_snr", .denoise = false, .t_min = end};
  if (eta_of(solver).free) config.eta = eta;
  return config;
}

bool reads_the_snr(const std::string& solver) { return !solver.starts_with("er_sde") && solver != "seeds_2"; }

/// Sample 0 carries a unit of the prior, sample i + 1 the unit normal of interval i, and all others nothing.  The
/// result is what a linear sampler makes of each, and so the variance of its samples.
class UnitNoise final : public BrownianMotion {
 public:
  explicit UnitNoise(Shape shape) : shape_(shape) {}
  BrownianIncrement increment(std::int64_t step, double t0, double t1, int) const override {
    std::vector<double> w(static_cast<std::size_t>(shape_.size()));
    w.at(static_cast<std::size_t>(step) + 1) = std::sqrt(std::abs(t1 - t0));
    return {Tensor::from(w, shape_, Dtype::f64), {}, {}};
  }

 private:
  Shape shape_;
};

}  // namespace

SamplerOrders::SamplerOrders(SamplerOrderConfig config) : config_(std::move(config)) {
  require<ConfigError>(config_.samples >= 30, "[orders] expected at least 30 samples, for an interval, got {}",
                       config_.samples);
  SampleConfig fine = settings("probability_flow", 1, flow_end, 0);
  fine.clock = "log_snr", fine.tolerance = 1e-13;
  flow_solution_ = end(fine, false);
  path_solution_ = end(on_one_path("shark", 1 << 11, "snr"), false);
}

SampleConfig SamplerOrders::on_one_path(const std::string& solver, std::int64_t steps, const std::string& clock) const {
  SampleConfig config = settings(solver, steps, path_end, 1);
  config.same_path = true, config.clock = clock;
  return config;
}

Tensor SamplerOrders::end(const SampleConfig& config, bool spoilt) const {
  SampleConfig own = config;
  own.n = config_.samples, own.seed = config_.seed;
  const Score score = spoilt && config_.spoil ? config_.spoil(modes()) : modes();
  return sample(score, vp(), own, {.shape = {1}, .dtype = Dtype::f64}).values;
}

MeasuredOrder SamplerOrders::order(SampleConfig config, const Tensor& solution, int coarsest) const {
  std::vector<double> squares;
  for (int level = coarsest; level < coarsest + levels; ++level) {
    config.steps = std::int64_t{1} << level;
    const Tensor x = end(config, true);
    for (std::int64_t i = 0; i < x.size(); ++i) squares.push_back(std::pow(x.at(i) - solution.at(i), 2));
  }
  return detail::Bootstrap(config_.samples, config_.seed).order(squares);
}

MeasuredOrder SamplerOrders::flow(const std::string& solver) const {
  return order(settings(solver, 0, flow_end, 0), flow_solution_, 6);
}

MeasuredOrder SamplerOrders::strong(const std::string& solver) const {
  SampleConfig config = on_one_path(solver, 0);
  config.same_path = config_.same_path;
  return order(config, reads_the_snr(solver) ? path_solution_ : end(on_one_path(solver, 1 << 13), false), 5);
}

MeasuredOrder SamplerOrders::weak(const std::string& solver) const {
  const Score score = GaussianMixture({{0.0}}, {deviation}).score(vp());
  std::vector<double> errors;
  for (int level = 5; level < 5 + levels; ++level) {
    const SampleConfig config = settings(solver, std::int64_t{1} << level, gaussian_end, 1);
    const double variance = detail::sample_variance(vp(), config, score, gaussian_variance(vp().t_max()));
    errors.push_back(std::abs(variance - gaussian_variance(gaussian_end)));
  }
  return {.value = detail::order_of(errors)};
}

double detail::sample_variance(const ForwardSde& sde, const SampleConfig& given, const Score& score,
                               double prior_variance) {
  SampleConfig config = given;
  config.use_defaults();
  const Shape shape{2 * config.steps + 1, 1};
  const auto grid = sampling_times(config, sde);
  const Shard shard{
      sde, config, grid, score, shape, Dtype::f64, 0, [](std::int64_t) {}, {}, std::make_shared<UnitNoise>(shape)};
  std::vector<double> start(static_cast<std::size_t>(shape.size()));
  start[0] = std::sqrt(prior_variance);
  const Tensor x = sampler_run(config.solver)(shard, Tensor::from(start, shape, Dtype::f64));
  double variance = 0;
  for (std::int64_t i = 0; i < x.size(); ++i) variance += x.at(i) * x.at(i);
  return variance;
}

}  // namespace fokker
