#include "fokker/solvers/langevin/diagnostics.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "fokker/core/base/parallel.h"
#include "fokker/core/base/quantile.h"
#include "fokker/core/base/stop.h"

namespace fokker {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double mean_of(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// (1/n) Σ (xᵢ − m)(xᵢ₊ₗ − m)
double autocovariance(std::span<const double> x, double mean, std::size_t lag) {
  stop_if_told();
  double sum = 0;
  for (std::size_t i = 0; i + lag < x.size(); ++i) sum += (x[i] - mean) * (x[i + lag] - mean);
  return sum / static_cast<double>(x.size());
}

/// Whether there are enough draws for an estimate: at least four a chain, all of them numbers.
bool estimable(const Series& series) {
  require<ConfigError>(!series.empty(), "[diagnostics] expected at least one chain, got none");
  bool numbers = true;
  for (const auto& chain : series) {
    require<ConfigError>(chain.size() == series.front().size(),
                         "[diagnostics] expected chains of equal length, got {}, {}", series.front().size(),
                         chain.size());
    numbers &= std::ranges::none_of(chain, [](double x) { return std::isnan(x); });
  }
  return numbers && series.front().size() >= 4;
}

/// Returns both halves of each chain.  An odd number of draws leaves out the middle one.
Series halves(const Series& series) {
  Series result;
  for (const auto& chain : series) {
    const auto half = static_cast<std::ptrdiff_t>(chain.size() / 2);
    result.emplace_back(chain.begin(), chain.begin() + half);
    result.emplace_back(chain.end() - half, chain.end());
  }
  return result;
}

std::vector<double> pooled(const Series& series) {
  std::vector<double> all;
  for (const auto& chain : series) all.insert(all.end(), chain.begin(), chain.end());
  return all;
}

bool constant(const Series& series) {
  for (const auto& chain : series)
    for (const double x : chain)
      if (x != series.front().front()) return false;
  return true;
}

/// Φ⁻¹((r − 3/8)/(S + 1/4)) with r the rank among all draws, the mean of ranks for equal ones.
Series normal_scores(const Series& series) {
  const std::vector<double> all = pooled(series);
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return all[i]; });
  std::vector<double> scores(all.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    stop_if_told();
    while (end < order.size() && all[order[end]] == all[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + 1 + end);
    const double share = (rank - 0.375) / (static_cast<double>(all.size()) + 0.25);
    const double score = -std::numbers::sqrt2 * boost::math::erfc_inv(2 * share);
    for (std::size_t i = begin; i < end; ++i) scores[order[i]] = score;
  }
  Series result;
  auto next = scores.begin();
  for (const auto& chain : series) {
    const auto end = next + static_cast<std::ptrdiff_t>(chain.size());
    result.emplace_back(next, end);
    next = end;
  }
  return result;
}

Series mapped(Series series, auto&& f) {
  for (auto& chain : series)
    for (double& x : chain) x = f(x);
  return series;
}

/// Variances within and between chains, and the estimate of the law's variance from both.
struct Variances {
  double within, total;
  explicit Variances(const Series& chains) {
    const auto n = static_cast<double>(chains.front().size()), m = static_cast<double>(chains.size());
    std::vector<double> means;
    within = 0;
    for (const auto& chain : chains) {
      means.push_back(mean_of(chain));
      within += autocovariance(chain, means.back(), 0) * n / (n - 1) / m;
    }
    total = within * (n - 1) / n + autocovariance(means, mean_of(means), 0) * m / (m - 1);
  }
};

double plain_rhat(const Series& chains) {
  const Variances variances(chains);
  return std::sqrt(variances.total / variances.within);
}

/// S / τ of chains already split.
double plain_ess(const Series& chains) {
  const std::size_t n = chains.front().size();
  const double draws = static_cast<double>(n * chains.size());
  if (constant(chains)) return draws;
  const Variances variances(chains);
  std::vector<double> means;
  for (const auto& chain : chains) means.push_back(mean_of(chain));
  const auto rho = [&](std::size_t lag) {
    double covariance = 0;
    for (std::size_t c = 0; c < chains.size(); ++c) covariance += autocovariance(chains[c], means[c], lag);
    return 1 - (variances.within - covariance / static_cast<double>(chains.size())) / variances.total;
  };
  // Sums of neighbours ρ_2k + ρ_2k+1 are positive and fall for a reversible chain; noise, or the last lag, ends that.
  // In the last pair only the first lag counts.
  double even = 1, pair = 1 + rho(1), least = pair, sum = 0;
  for (std::size_t lag = 2; pair > 0 && lag + 3 <= n; lag += 2) {
    least = std::min(least, pair);
    sum += least;
    even = rho(lag);
    pair = even + rho(lag + 1);
  }
  if (std::isnan(pair)) return nan;
  const double last = pair < 0 ? std::max(even, 0.0) : even;
  return draws / std::max(2 * sum - 1 + last, 1 / std::log10(draws));
}

}  // namespace

std::vector<double> autocorrelation(std::span<const double> draws, int lags) {
  require<ConfigError>(lags >= 0 && static_cast<std::size_t>(lags) < draws.size(),
                       "[diagnostics] expected lags in [0, {}), got {}", draws.size(), lags);
  const double mean = mean_of(draws), variance = autocovariance(draws, mean, 0);
  std::vector<double> result;
  for (int lag = 0; lag <= lags; ++lag)
    result.push_back(autocovariance(draws, mean, static_cast<std::size_t>(lag)) / variance);
  return result;
}

double rhat(const Series& series) {
  if (!estimable(series)) return nan;
  const Series split = halves(series);
  if (constant(split)) return nan;
  const double middle = median(pooled(split));
  if (!std::isfinite(middle)) return nan;
  const Series folded = mapped(split, [&](double x) { return std::abs(x - middle); });
  return std::max(plain_rhat(normal_scores(split)), plain_rhat(normal_scores(folded)));
}

double mean_ess(const Series& series) { return estimable(series) ? plain_ess(halves(series)) : nan; }

double bulk_ess(const Series& series) { return estimable(series) ? plain_ess(normal_scores(halves(series))) : nan; }

double tail_ess(const Series& series) {
  if (!estimable(series)) return nan;
  const Series split = halves(series);
  const std::vector<double> all = pooled(series);
  double least = std::numeric_limits<double>::infinity();
  for (const double share : {0.05, 0.95}) {
    const double edge = quantile(all, share);
    least = std::min(least, plain_ess(mapped(split, [&](double x) { return x <= edge ? 1.0 : 0.0; })));
  }
  return least;
}

double mean_error(const Series& series) {
  const double ess = mean_ess(series);
  const std::vector<double> all = pooled(series);
  const auto n = static_cast<double>(all.size());
  return std::sqrt(autocovariance(all, mean_of(all), 0) * n / (n - 1) / ess);
}

Series series_of(const Tensor& draws, std::int64_t component) {
  require<ShapeError>(draws.rank() >= 2, "[diagnostics] expected draws [draws, chains, ...], got {}",
                      to_string(draws.shape()));
  const std::int64_t chains = draws.extent(1), width = draws.size() / (draws.extent(0) * chains);
  Series series(static_cast<std::size_t>(chains));
  for (std::int64_t i = 0; i < draws.extent(0); ++i)
    for (std::int64_t c = 0; c < chains; ++c)
      series[static_cast<std::size_t>(c)].push_back(draws.at((i * chains + c) * width + component));
  return series;
}

std::vector<ChainSummary> summarise(const Tensor& draws) {
  require<ShapeError>(draws.rank() >= 2 && draws.size() > 0,
                      "[diagnostics] expected draws [draws, chains, ...], got {}", to_string(draws.shape()));
  const std::int64_t components = draws.size() / (draws.extent(0) * draws.extent(1));
  std::vector<ChainSummary> rows(static_cast<std::size_t>(components));
  parallel(components, [&](std::int64_t component) {
    const Series series = series_of(draws, component);
    const std::vector<double> all = pooled(series);
    const double mean = mean_of(all);
    const auto n = static_cast<double>(all.size());
    rows[static_cast<std::size_t>(component)] = {
        mean,
        std::sqrt(autocovariance(all, mean, 0) * n / (n - 1)),
        mean_error(series),
        bulk_ess(series),
        tail_ess(series),
        rhat(series),
    };
  });
  return rows;
}

}  // namespace fokker
