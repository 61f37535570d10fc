#include "fokker/sde/clock.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fokker/core/base/registry.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

constexpr const char* names[] = {"t", "log_snr", "snr"};
constexpr Registry table("[clock]", names);

class ReverseInT final : public ClockedReverse {
 public:
  ReverseInT(const ForwardSde& sde, const Score& score, double eta)
      : ClockedReverse(sde, score), reverse_(sde, score, eta) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<ReverseInT>(*this); }
  Noise noise() const override { return reverse_.noise(); }
  Tensor drift(const Tensor& x, double t) const override { return reverse_.drift(x, t); }
  Tensor diffusion(const Tensor& x, double t) const override { return reverse_.diffusion(x, t); }
  Tensor enter(const Tensor& x, double) const override { return x; }
  Tensor leave(const Tensor& state, double) const override { return state; }

 private:
  ReverseSde reverse_;
};

class ReverseInLogSnr final : public ClockedReverse {
 public:
  ReverseInLogSnr(const ForwardSde& sde, Score score, double eta) : ClockedReverse(sde, std::move(score)), eta_(eta) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<ReverseInLogSnr>(*this); }
  Noise noise() const override { return eta_ > 0 ? Noise::additive : Noise::none; }
  Tensor drift(const Tensor& x, double lambda) const override {
    const double t = sde_->time_of_lambda(lambda);
    const double g = sde_->diffusion_rate(t), sigma = sde_->marginal(t).sigma;
    const double rate = sde_->drift_rate(t) * -2 * (sigma / g) * (sigma / g);
    return weighted_sum({{rate, x}, {(1 + eta_ * eta_) * sigma * sigma, score_(x, t)}});
  }
  Tensor diffusion(const Tensor& x, double lambda) const override {
    const double sigma = sde_->marginal(sde_->time_of_lambda(lambda)).sigma;
    return Tensor::scalar(std::numbers::sqrt2 * eta_ * sigma, x.dtype());
  }
  Tensor enter(const Tensor& x, double) const override { return x; }
  Tensor leave(const Tensor& state, double) const override { return state; }

 private:
  double eta_;
};

class ReverseInSnr final : public ClockedReverse {
 public:
  ReverseInSnr(const ForwardSde& sde, Score score) : ClockedReverse(sde, std::move(score)) {}
  std::unique_ptr<Sde> clone() const override { return std::make_unique<ReverseInSnr>(*this); }
  Noise noise() const override { return Noise::additive; }
  Tensor drift(const Tensor& z, double tau) const override {
    const double t = from_clock(*sde_, Clock::snr, tau);
    return denoise(*sde_, score_, leave(z, t), t);
  }
  Tensor diffusion(const Tensor& z, double) const override { return Tensor::scalar(1, z.dtype()); }
  Tensor enter(const Tensor& x, double t) const override {
    const auto [alpha, sigma] = sde_->marginal(t);
    return x * (alpha / (sigma * sigma));
  }
  Tensor leave(const Tensor& z, double t) const override {
    const auto [alpha, sigma] = sde_->marginal(t);
    return z * (sigma * sigma / alpha);
  }
};

}  // namespace

std::vector<std::string> clock_names() { return table.names(); }

Clock clock(const std::string& name) { return table.number<Clock>(name); }

double to_clock(const ForwardSde& sde, Clock clock, double t) {
  if (clock == Clock::t) return t;
  const double lambda = sde.marginal(t).lambda();
  return clock == Clock::log_snr ? lambda : std::exp(2 * lambda);
}

double from_clock(const ForwardSde& sde, Clock clock, double reading) {
  if (clock == Clock::t) return reading;
  return sde.time_of_lambda(clock == Clock::log_snr ? reading : 0.5 * std::log(reading));
}

std::unique_ptr<ClockedReverse> clocked_reverse(const ForwardSde& sde, Score score, Clock clock, double eta) {
  require<ConfigError>(eta >= 0, "[reverse] expected eta >= 0, got {}", eta);
  if (clock == Clock::t) return std::make_unique<ReverseInT>(sde, score, eta);
  if (clock == Clock::log_snr) return std::make_unique<ReverseInLogSnr>(sde, std::move(score), eta);
  require<ConfigError>(eta == 1,
                       "[clock] the clock \"snr\" solves eta = 1 alone, got eta = {}; use \"t\" or \"log_snr\"", eta);
  return std::make_unique<ReverseInSnr>(sde, std::move(score));
}

Tensor denoise(const ForwardSde& sde, const Score& score, const Tensor& x, double t) {
  const auto [alpha, sigma] = sde.marginal(t);
  return weighted_sum({{1 / alpha, x}, {sigma * sigma / alpha, score(x, t)}});
}

}  // namespace fokker
