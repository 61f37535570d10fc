#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/sde/score.h"
#include "fokker/sde/sde.h"
#include "fokker/solvers/likelihood/likelihood.h"
#include "fokker/solvers/likelihood/variational_bound.h"

namespace fokker {

struct Model;

std::vector<std::string> anomaly_method_names();

/// The settings of `fokker detect`: how the anomaly of a sample is measured.
struct DetectConfig {
  std::string name = {};
  std::string method = "reconstruction";
  std::vector<double> levels = {0.35, 0.5, 0.7, 1};
  std::int64_t draws = 8;
  double nearest = 1;
  std::int64_t steps = 1;
  BoundConfig bound = {.terms = "continuous", .steps = 50, .draws = 8};
  FlowConfig flow = {.tolerance = 1e-4};
  DivergenceConfig divergence = {};
  double false_alarm = 0.05;
  std::uint64_t seed = 0;

  /// Throws ConfigError where the model's data leave too few held-out samples for the false-alarm rate.  Throws
  /// ConfigError where there are too few training samples for the covariance of `whitened`.
  void check(const Model& model) const;

  static constexpr auto fields = std::tuple{
      field("name", &DetectConfig::name, "name of the findings"),
      field("method", &DetectConfig::method,
            "score of anomaly; reconstruction: error of denoising a noised sample; whitened: Mahalanobis distance of "
            "that error; score_norm: length of the score; bound: variational bound on -log p; likelihood: -log p by "
            "the ODE",
            one_of(&anomaly_method_names)),
      field("levels", &DetectConfig::levels, "noise levels σ/α of reconstruction, whitened and score_norm", nonempty(),
            above(0)),
      field("draws", &DetectConfig::draws, "number of noise draws at each level", at_least(1)),
      field("nearest", &DetectConfig::nearest, "share of the draws that counts, those of least error", above(0),
            at_most(1)),
      field(
          "steps", &DetectConfig::steps,
          "number of evaluations of a reconstruction; 1: the mean by the denoiser; more: steps of the probability flow",
          at_least(1)),
      field("bound", &DetectConfig::bound, "settings of the method bound"),
      field("flow", &DetectConfig::flow, "settings of the ODE for the method likelihood"),
      field("divergence", &DetectConfig::divergence, "settings of the divergence for the method likelihood"),
      field("false_alarm", &DetectConfig::false_alarm, "rate at which normal data may exceed the threshold", above(0),
            below(1)),
      field("seed", &DetectConfig::seed, "seed of the noise")};
};

/// A model of normal data, with samples in the units of the model.
struct NormalModel {
  Score score;
  std::shared_ptr<const ForwardSde> sde;
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

/// What a method finds for each of N samples of D numbers.
struct AnomalyScores {
  Tensor terms;           // [N, levels], f64; one column for methods without levels
  Tensor map = {};        // reconstruction: squared error of each element, a mean over draws and levels, like x
  Tensor residuals = {};  // whitened: x̂ − x, a mean over draws, [N, levels, D]
};

/// Scores each sample of x [N, …]; scores are high for anomalies.
///   reconstruction:  ‖x − x̂‖²/D for each level r, where x_t = α (x + r ε) and x̂ = E[x₀|x_t], or the end of DDIM's
///                    steps [song2021ddim] at σ/α = r, …, r/20, a geometric sequence;
///   whitened:        the terms of `reconstruction` and the residuals, whose Mahalanobis distance is the score;
///   score_norm:      σ ‖s(α x, t)‖/√D for each level;
///   bound:           the continuous variational bound on −log p(x) [kingma2021], in nats;
///   likelihood:      −log p(x) by the probability-flow ODE [song2021], in nats.
/// The Mahalanobis distance is that of the residuals of normal data.  The noise of sample i follows from i and the
/// seed.  Throws ConfigError for levels beyond the SDE's, and NumericalError where the score is not finite.
AnomalyScores anomaly_scores(const NormalModel& model, const Tensor& x, const DetectConfig& config);

/// One number for each sample: the mean of its `terms` [N, levels], each in units of that level's mean over
/// `reference`.  `reference` [M, levels] holds terms of normal data; the score may have been trained on them.  A single
/// column is returned as it is.
std::vector<double> combined(const Tensor& terms, const Tensor& reference);

}  // namespace fokker
