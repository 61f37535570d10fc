#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/sde.h"

namespace fokker {

std::vector<std::string> sde_names();

/// The kind of a diffusion, and the parameters of its noise schedule.
struct SdeConfig {
  std::string kind = "vp";
  std::vector<double> beta = {0.1, 20};  // [β at t = 0, β at t = 1] of vp and sub_vp
  std::vector<double> sigma = {};  // [least, largest] of ve and edm; empty: the kind's own, [0.01, 50] and [0.002, 80]
  std::vector<double> gamma = {-13.3, 5};  // −log SNR of log_linear at t = 0 and t = 1
  double shift = 1;                        // factor² of the SNR of vp, cosine, sigmoid and log_linear

  /// Throws ConfigError for parameters that the kind does not accept.
  void validate() const;

  static constexpr auto fields = std::tuple{
      field("kind", &SdeConfig::kind, "kind of the forward diffusion", one_of(&sde_names)),
      field("beta", &SdeConfig::beta, "noise rate of vp and sub_vp at t = 0 and t = 1", above(0)),
      field("sigma", &SdeConfig::sigma, "least and largest noise of ve and edm; empty: the kind's own", above(0)),
      field("gamma", &SdeConfig::gamma, "minus the log SNR of log_linear at t = 0 and t = 1"),
      field("shift", &SdeConfig::shift,
            "shift of the SNR of vp, cosine, sigmoid and log_linear: the SNR is multiplied by its square", above(0))};
};

/// Throws ConfigError for an unknown kind (with the nearest name) or parameters out of range.
std::unique_ptr<ForwardSde> make_sde(const SdeConfig& config);
/// The config that makes an SDE; none where no config is known, as for a noise schedule that was learned or shifted.
std::optional<SdeConfig> config_of(const ForwardSde& sde);

}  // namespace fokker
