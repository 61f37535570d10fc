#pragma once

#include <string>

#include "fokker/experiments/application.h"
#include "fokker/solvers/sample_config.h"

namespace fokker {

/// The table [[denoise]].
struct DenoiseConfig {
  std::string name = "denoise";
  std::string kind = "gaussian";
  double noise = 0.2;
  double peak = 20;
  std::string level = "known";
  std::int64_t n = 0;
  std::int64_t samples = 0;
  SampleConfig sampler = {.solver = "ancestral", .steps = 50};

  /// Throws ConfigError for a sampler with times of its own.
  void validate() const;
  /// Throws ConfigError for data of several units or none held out, and for noise beyond that of the diffusion.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple{
      field("name", &DenoiseConfig::name, "of the findings", nonempty()),
      field("kind", &DenoiseConfig::kind, "gaussian: y = x + noise; poisson: counts", one_of("gaussian", "poisson")),
      field("noise", &DenoiseConfig::noise, "deviation of gaussian noise, as a share of the data's range", above(0)),
      field("peak", &DenoiseConfig::peak, "of poisson: the mean count at the upper end of the range", above(0)),
      field("level", &DenoiseConfig::level,
            "known; evidence: where the model finds the inputs likeliest; detail: from the finest wavelet coefficients",
            one_of("known", "evidence", "detail")),
      field("n", &DenoiseConfig::n, "inputs: the first ones; 0: all", at_least(0)),
      field("samples", &DenoiseConfig::samples, "of the posterior, for each input; 0: the posterior mean alone",
            at_least(0)),
      field("sampler", &DenoiseConfig::sampler,
            "how samples are drawn: its steps go from the noise of the input down")};
};

/// E[x₀ | y] of y = x₀ + s ε by Tweedie's formula [efron2011]: the denoiser at σ(t)/α(t) = s, one evaluation.  y [N, …] and s in the
/// units of the network.  Throws ConfigError for noise beyond that of the diffusion.
Tensor posterior_mean(const Score& score, const ForwardSde& sde, const Tensor& y, double noise);

/// Denoises: held-out data get noise of the given kind; an input of one's own is taken to have it already.
///
/// gaussian:  y = x + s ε.  The posterior mean is the denoiser at the level of s; posterior samples begin at x_t = α y there.
/// poisson:  y = counts/peak, counts ~ Poisson(peak · x), x as a share of the range; taken for Gaussian noise of the same mean
/// variance, mean(y)/peak.
/// Figures, against the truth where it is known, images bounded to the data's range: psnr_… in decibels and, of images,
/// ssim_… of `noisy`, `mean` (the posterior mean), `samples` (each) and `samples_mean`; `level`, the noise found, and
/// `noise_of_inputs`, the one that they have, as shares of the range.
/// Arrays truth, noisy, mean and samples [n, samples, …].
Findings denoise(const TrainedRun& run, const DenoiseConfig& config, const ApplicationInput& input,
                 const RunOptions& options);

}  // namespace fokker
