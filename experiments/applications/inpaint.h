#pragma once

#include <optional>
#include <string>

#include "fokker/experiments/applications/application.h"
#include "fokker/solvers/posterior/posterior.h"
#include "fokker/solvers/posterior/twisted.h"
#include "fokker/solvers/sampling/sample_config.h"

namespace fokker {

/// The table [[inpaint]]: what is measured of each input, y = A x + noise, and how samples given y are drawn.
struct InpaintConfig {
  std::string name = "inpaint";
  std::string measured = "mask";
  std::string mask = "right_half";
  std::int64_t factor = 2;
  double blur = 1;
  double share = 0.5;
  double noise = 0;
  std::string method = "pigdm";
  double strength = 1;
  double tolerance = 0.1;
  double limit = 2;
  std::int64_t particles = 16;
  std::optional<double> data_sigma = {};
  std::int64_t n = 32;
  std::int64_t samples = 4;
  SampleConfig sampler = {.solver = "ancestral", .grid = "log_snr"};

  /// Throws ConfigError for a sampler that fits no method.
  void validate() const;
  /// Throws ConfigError or ShapeError for an operator or a mask that does not fit the samples of the model.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple{
      field("name", &InpaintConfig::name, "name of the findings", nonempty()),
      field("operator", &InpaintConfig::measured, "operator A of the measurement of an input",
            one_of("mask", "super_resolution", "blur", "compressed")),
      field("mask", &InpaintConfig::mask,
            "part that is hidden: left_half, right_half, top_half, bottom_half, centre, outside, every_other, "
            "random(SHARE), or the white pixels of FILE.png"),
      field("factor", &InpaintConfig::factor, "side of the pixels that super_resolution averages", at_least(2)),
      field("blur", &InpaintConfig::blur, "deviation of the Gaussian of blur, in pixels", above(0)),
      field("share", &InpaintConfig::share, "number of measurements for each element in compressed",
            above(0) & at_most(1)),
      field("noise", &InpaintConfig::noise, "deviation of the measurement's noise, as a share of the data's range",
            at_least(0)),
      field("method", &InpaintConfig::method,
            "method by which the measurement enters; twisted: by particles, exact in the limit",
            one_of("replacement", "dps", "pigdm", "mmps", "twisted")),
      field("strength", &InpaintConfig::strength, "factor zeta of the guidance of dps, pigdm and mmps", at_least(0)),
      field("tolerance", &InpaintConfig::tolerance, "tolerance of the linear equations of mmps", above(0), below(1)),
      field("limit", &InpaintConfig::limit,
            "largest shift of a denoised sample by a measurement, in deviations of the data", above(0)),
      field("particles", &InpaintConfig::particles, "number of particles of twisted for each sample", at_least(1)),
      field("data_sigma", &InpaintConfig::data_sigma,
            "deviation of the data in the network's units; by default that of the training data", above(0)),
      field("n", &InpaintConfig::n, "number of inputs, the first ones; 0: all", at_least(0)),
      field("samples", &InpaintConfig::samples, "number of samples for each input", at_least(1)),
      field("sampler", &InpaintConfig::sampler, "settings of the sampler")};
};

/// Draws samples given a part of each input, or any linear measurement of it.  Figures, with RMSE and spread as shares
/// of the data's range:
///   rmse, rmse_of_mean   of samples and of their mean, on the hidden part, or on all where nothing is known as it is;
///   spread_hidden, spread_known   root of the mean variance over an input's samples;
///   consistency          RMS of A x − y before known elements get the input's own values;
///   class_kept, class_kept_by_mean   share of samples, and of means, that a classifier gives the input's class;
///   class_of_truth       the same share for the inputs themselves.
/// The classifier is trained on the training labels.  Arrays: truth, measured (as a picture), known, samples [n,
/// samples, …], mean and spread.  Without noise, known elements equal the input's to the bit.
Findings inpaint(const TrainedRun& run, const InpaintConfig& config, const ApplicationInput& input,
                 const RunOptions& options);

}  // namespace fokker
