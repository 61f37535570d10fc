#include "fokker/solvers/likelihood/likelihood.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/autodiff.h"
#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/reduce.h"
#include "fokker/core/ops/rows.h"
#include "fokker/core/ops/view.h"

namespace fokker {
namespace {

void require_tracked(const Tensor& f) {
  require<ConfigError>(
      f.tracked(),
      "[likelihood] the score cannot be differentiated: write it in Fokker's ops, on the tensor that it "
      "is given");
}

/// Returns a number for each sample that its values determine, so that probes follow a sample in any batch.
std::uint64_t fingerprint(const Tensor& x, std::int64_t row, std::int64_t width) {
  constexpr std::uint64_t basis = 0xcbf29ce484222325, prime = 0x100000001b3;  // FNV-1a
  const std::size_t bytes = static_cast<std::size_t>(width * element_size(x.dtype()));
  const auto* at = static_cast<const unsigned char*>(x.raw()) + static_cast<std::size_t>(row) * bytes;
  std::uint64_t hash = basis;
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ at[i]) * prime;
  return hash;
}

/// Probe `k` of samples x [n, D].
Tensor draw_probe(const DivergenceConfig& config, const Tensor& x, std::int64_t k) {
  const std::int64_t n = x.extent(0), width = x.extent(1);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < n; ++i) {
    const Rng own = Rng(config.seed, Stream::probe).fork(fingerprint(x, i, width)).at(static_cast<std::uint32_t>(k));
    rows.push_back(config.probe == "gaussian" ? own.normal({1, width}, x.dtype())
                                              : greater(own.uniform({1, width}, x.dtype()), 0.5) * 2.0 - 1.0);
  }
  return concat(rows, 0);
}

/// x and its divergence as one state [n, D + columns].
class Augmented {
 public:
  /// For samples x [n, ...] at the start.
  Augmented(const VectorField& field, const DivergenceConfig& config, const Tensor& x)
      : field_(field), sample_(x.shape()), width_(row_size(x)) {
    if (config.exact(width_)) return;
    const Tensor flat = x.view({x.extent(0), width_});
    for (std::int64_t k = 0; k < config.probes; ++k) probes_.push_back(draw_probe(config, flat, k));
  }

  Tensor operator()(const Tensor& state, double t, std::span<const std::size_t> rows) const {
    const Recording on_tape(true);
    const std::int64_t n = state.extent(0);
    const Tensor x = reshape(slice(state, 1, 0, width_), with_extent(sample_, 0, n)).leaf();
    const Tensor f = field_(x, t);
    require_tracked(f);
    const Tensor flat = reshape(f, {n, width_});
    std::vector<Tensor> parts = {flat.detach()};
    if (probes_.empty()) parts.push_back(trace(flat, x));
    const std::vector<std::int64_t> which(rows.begin(), rows.end());
    for (const Tensor& all : probes_) {
      const Tensor probe = gather(all, which);
      const Tensor pulled = reshape(grad(sum(flat * probe), x), {n, width_});
      parts.push_back(sum(pulled * probe, {1}, true).detach());
    }
    return concat(parts, 1);
  }

 private:
  Tensor trace(const Tensor& flat, const Tensor& x) const {
    Tensor total;
    for (std::int64_t i = 0; i < width_; ++i) {
      const Tensor row = reshape(grad(sum(slice(flat, 1, i, i + 1)), x), flat.shape());
      const Tensor entry = slice(row, 1, i, i + 1).detach();
      total = total.defined() ? total + entry : entry;
    }
    return total;
  }

  const VectorField& field_;
  Shape sample_;
  std::int64_t width_;
  std::vector<Tensor> probes_;  // [n, D] each
};

/// Mean over the columns of values [B, K], and its standard error where K ≥ 2.
void average(const Tensor& values, Tensor& mean_of, Tensor& error_of) {
  const std::int64_t k = values.extent(1);
  mean_of = mean(values, {1});
  if (k < 2) return;
  const Tensor apart = values - mean(values, {1}, true);
  error_of = sqrt(sum(square(apart), {1}) / static_cast<double>(k * (k - 1)));
}

}  // namespace

DensityFlow carry_density(const VectorField& f, const Tensor& x, std::array<double, 2> interval,
                          const DivergenceConfig& divergence, const OdeConfig& ode, const FlowOptions& options) {
  require<ShapeError>(x.rank() > 1 && x.extent(0) > 0, "[likelihood] expected samples [B, ...], B > 0, got {}",
                      to_string(x.shape()));
  require<ConfigError>(divergence.probes > 0, "[likelihood] expected probes >= 1, got {}", divergence.probes);
  require<ConfigError>(
      ode.method != "fehlberg78" || ode.steps > 0,
      "[likelihood] the error estimate of fehlberg78 does not see an integral over time, which the log "
      "density is: take dopri5, or set `steps`");
  const std::int64_t n = x.extent(0), width = x.size() / n;
  const std::int64_t columns = divergence.exact(width) ? 1 : divergence.probes;
  const NoGrad off_tape;
  const Tensor state = concat({reshape(x.detach(), {n, width}), Tensor::zeros({n, columns}, x.dtype())}, 1);
  OdeConfig own = ode;
  own.apart = columns;
  const auto field = [&](std::int64_t first, std::int64_t count) -> SampleField {
    return Augmented(f, divergence, x.detach().rows(first, first + count));
  };
  DensityFlow flow{detail::carry(field, state, interval, own, options), {}};
  flow.divergence = slice(flow.at_end.x, 1, width, width + columns);
  flow.at_end.x = reshape(slice(flow.at_end.x, 1, 0, width), x.shape());
  return flow;
}

Likelihood log_likelihood(const Score& score, const ForwardSde& sde, const Tensor& x, const LikelihoodConfig& config,
                          const LikelihoodOptions& options) {
  // The score is checked by itself, since the drift is on the tape by its linear part.
  const Score checked = Score::of({&score, 1}, [&score](const Tensor& at, double t) {
    Tensor s = score(at, t);
    require_tracked(s);
    return s;
  });
  const detail::ProbabilityFlow flow(sde, checked, config.flow);
  const VectorField field = [&](const Tensor& at, double t) { return flow.drift->drift(at, t); };
  DensityFlow carried =
      carry_density(field, x, {flow.at_data, flow.at_prior}, config.divergence, flow.ode(), flow.fitted(options, x));
  const NoGrad off_tape;
  Likelihood result;
  result.latent = std::move(carried.at_end);
  const Tensor& at_end = result.latent.x;
  const Tensor terminal =
      options.terminal ? cast(options.terminal(at_end), Dtype::f64) : gaussian_log_density(at_end, sde.prior_sigma());
  require<ShapeError>(terminal.shape() == Shape{x.extent(0)},
                      "[likelihood] expected the terminal log density [{}], got {}", x.extent(0),
                      to_string(terminal.shape()));
  Tensor change;
  average(cast(carried.divergence, Dtype::f64), change, result.standard_error);
  result.log_density = terminal + change;
  return result;
}

Tensor bits_per_dimension(const Tensor& log_density, std::int64_t dimension) {
  return log_density / (-static_cast<double>(dimension) * std::numbers::ln2);
}

Tensor gaussian_log_density(const Tensor& x, double deviation) {
  const std::int64_t n = x.extent(0), width = x.size() / n;
  const Tensor z = reshape(cast(x, Dtype::f64), {n, width}) / deviation;
  return sum(square(z), {1}) * -0.5 -
         static_cast<double>(width) * (std::log(deviation) + 0.5 * std::log(2 * std::numbers::pi));
}

}  // namespace fokker
