#pragma once

#include <string>

#include "fokker/experiments/applications/application.h"
#include "fokker/solvers/sampling/sample_config.h"

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
      field("name", &DenoiseConfig::name, "name of the findings", nonempty()),
      field("kind", &DenoiseConfig::kind, "kind of noise; gaussian: y = x + noise; poisson: counts",
            one_of("gaussian", "poisson")),
      field("noise", &DenoiseConfig::noise, "deviation of gaussian noise, as a share of the data's range", above(0)),
      field("peak", &DenoiseConfig::peak, "mean count of poisson noise at the upper end of the range", above(0)),
      field("level", &DenoiseConfig::level,
            "noise level of the inputs; known: the given one; evidence: where the model finds the inputs likeliest; "
            "detail: from the finest wavelet coefficients",
            one_of("known", "evidence", "detail")),
      field("n", &DenoiseConfig::n, "number of inputs, the first ones; 0: all", at_least(0)),
      field("samples", &DenoiseConfig::samples,
            "number of posterior samples for each input; 0: the posterior mean alone", at_least(0)),
      field("sampler", &DenoiseConfig::sampler,
            "settings of the sampler, whose steps go from the noise of the input down")};
};

/// The posterior mean E[x₀ | y] of y = x₀ + s ε by Tweedie's formula [efron2011], with s = `noise`.  It takes one
/// evaluation of the denoiser, at σ(t)/α(t) = s.  y [N, …] and s are in the units of the network.  Throws ConfigError
/// for noise beyond that of the diffusion.
Tensor posterior_mean(const Score& score, const ForwardSde& sde, const Tensor& y, double noise);

/// Denoises inputs.  Held-out data get noise of the given kind; an input of the caller's is taken to have it already.
///
/// gaussian: y = x + s ε.  The posterior mean is the denoiser at the level s.  Posterior samples begin there at x_t = α
/// y.  poisson: y = counts/peak, with counts ~ Poisson(peak · x) and x as a share of the range.  It is taken for
/// Gaussian noise of the same mean variance, mean(y)/peak.
///
/// Figures compare with the truth where it is known; images are bounded to the data's range.  They are psnr_… in
/// decibels and, for images, ssim_… of `noisy`, `mean` (the posterior mean), `samples` (each sample) and
/// `samples_mean`.  `level` is the noise found and `noise_of_inputs` the noise that the inputs have, as shares of the
/// range.  Arrays: truth, noisy, mean, and samples [n, samples, …].
Findings denoise(const TrainedRun& run, const DenoiseConfig& config, const ApplicationInput& input,
                 const RunOptions& options);

}  // namespace fokker
