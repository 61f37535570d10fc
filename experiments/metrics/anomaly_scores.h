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

/// The settings of `fokker detect`: how anomalous samples are found to be.
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

  /// Throws ConfigError where the model's data leave too few held-out samples for the rate, or too few training samples for
  /// the covariance of `whitened`.
  void check(const Model& model) const;

  static constexpr auto fields =
      std::tuple{field("name", &DetectConfig::name, "of the findings"),
                 field("method", &DetectConfig::method,
                       "reconstruction: error of denoising what was noised; whitened: that error's Mahalanobis "
                       "distance; score_norm: length of the score; bound: the variational bound on -log p; likelihood: "
                       "-log p by the ODE",
                       one_of(&anomaly_method_names)),
                 field("levels", &DetectConfig::levels, "noise σ/α of reconstruction, whitened and score_norm",
                       nonempty(), above(0)),
                 field("draws", &DetectConfig::draws, "of the noise at each level", at_least(1)),
                 field("nearest", &DetectConfig::nearest, "share of the draws that counts, those of least error",
                       above(0), at_most(1)),
                 field("steps", &DetectConfig::steps,
                       "evaluations of a reconstruction: 1, the denoiser's mean; more, steps of the probability flow",
                       at_least(1)),
                 field("bound", &DetectConfig::bound, "of the method bound"),
                 field("flow", &DetectConfig::flow, "of the method likelihood"),
                 field("divergence", &DetectConfig::divergence, "of the method likelihood"),
                 field("false_alarm", &DetectConfig::false_alarm, "rate at which normal data may exceed the threshold",
                       above(0), below(1)),
                 field("seed", &DetectConfig::seed, "of the noise")};
};

/// A model of normal data; x in its units.
struct NormalModel {
  Score score;
  std::shared_ptr<const ForwardSde> sde;
  std::function<bool(std::int64_t done, std::int64_t total)> progress = {};
};

struct AnomalyScores {
  Tensor terms;           // [N, levels], f64; one column for methods without levels
  Tensor map = {};        // of reconstructions: the squared error of each element, a mean over draws and levels, like x
  Tensor residuals = {};  // of `whitened`: x̂ − x, a mean over draws, [N, levels, D]
};

/// Of each sample of x [N, …], high for anomalies:
///   reconstruction:  ‖x − x̂‖²/D for each level r, x̂ from x_t = α (x + r ε): E[x₀|x_t], or where DDIM's steps [song2021ddim]
///                    at σ/α = r, …, r/20, a geometric sequence, end;
///   whitened:        the same, and the residuals, whose Mahalanobis distance by those of normal data is the score;
///   score_norm:      σ ‖s(α x, t)‖/√D for each level;
///   bound:           the continuous variational bound on −log p(x) [kingma2021], in nats;
///   likelihood:      −log p(x) by the probability-flow ODE [song2021], in nats.
/// The noise of sample i follows from its number and the seed.  Throws ConfigError for levels beyond the SDE's, and
/// NumericalError where the score is not finite.
AnomalyScores anomaly_scores(const NormalModel& model, const Tensor& x, const DetectConfig& config);

/// One number a sample: the mean of its terms, each in units of its mean over `reference`, terms of normal data that
/// the score need not be new to (Σ of one column is that column).
std::vector<double> combined(const Tensor& terms, const Tensor& reference);

}  // namespace fokker
