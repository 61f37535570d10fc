#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fokker/core/config/config_fields.h"
#include "fokker/core/optim/power_average.h"
#include "fokker/score/objectives/adversarial_config.h"

namespace fokker {

std::vector<std::string> objective_names();

/// The table [train] of an experiment.
struct TrainConfig {
  std::string objective = "dsm";
  std::string prediction = "epsilon";
  std::string weighting = "uniform";
  std::string time_sampling = "stratified";
  std::array<double, 2> log_normal = {-1.2, 1.2};
  std::int64_t levels = 0;
  double data_sigma = 1;
  std::string time_label = "index";
  bool scale_input = true;
  bool uncertainty = false;
  std::string coupling = "independent";
  std::string noise_schedule = "variance";
  AdversarialConfig adversarial = {};
  std::int64_t steps = 3000;
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;
  std::string optimizer = "adam";
  double learning_rate = 5e-4;
  double weight_decay = 0;
  double momentum = 0.9;
  std::array<double, 2> betas = {0.9, 0.999};
  double clip = 1;
  double explode = 1e5;
  double ema = 0.999;
  std::vector<double> emas = {};
  std::vector<double> ema_lengths = {};
  std::int64_t snapshot_every = 0;
  std::string precision = "f32";
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  std::int64_t checkpoint_every = 500;
  std::int64_t log_every = 0;
  std::int64_t validate_every = 0;
  std::int64_t validate_samples = 512;
  std::int64_t patience = 0;

  void validate() const;
  std::int64_t step_samples() const { return batch * accumulate; }
  std::int64_t log_interval() const { return log_every > 0 ? log_every : std::max<std::int64_t>(1, steps / 20); }
  std::int64_t validation_interval() const { return validate_every > 0 ? validate_every : log_interval(); }
  std::int64_t snapshot_interval() const {
    return snapshot_every > 0 ? snapshot_every : std::max<std::int64_t>(1, steps / 32);
  }

  static constexpr auto fields = std::tuple{
      field("objective", &TrainConfig::objective, "loss that training minimises", one_of(objective_names)),
      field("prediction", &TrainConfig::prediction, "quantity that the network predicts",
            one_of("epsilon", "x0", "v", "score", "velocity", "edm")),
      field("weighting", &TrainConfig::weighting, "dsm: weight of each noise level in the loss",
            one_of("uniform", "lambda", "snr", "min_snr", "likelihood")),
      field("time_sampling", &TrainConfig::time_sampling, "law of the times in a batch",
            one_of("uniform", "stratified", "antithetic", "importance", "log_normal")),
      field("log_normal", &TrainConfig::log_normal,
            "mean and deviation of log(sigma/alpha) for time_sampling = \"log_normal\""),
      field("levels", &TrainConfig::levels, "number of noise levels; 0: continuous time", at_least(0)),
      field("data_sigma", &TrainConfig::data_sigma, "standard deviation of the data as networks see it", above(0)),
      field("time_label", &TrainConfig::time_label, "time as networks see it: 0 … 1000, sigma/alpha or a logarithm",
            one_of("index", "sigma", "log_sigma")),
      field("scale_input", &TrainConfig::scale_input, "scales the inputs of networks to variance 1"),
      field("uncertainty", &TrainConfig::uncertainty, "dsm: learns the loss of each noise level and divides by it"),
      field("coupling", &TrainConfig::coupling, "dsm: pairing of the noise with the samples of a batch",
            one_of("independent", "optimal")),
      field("noise_schedule", &TrainConfig::noise_schedule,
            "vdm: noise schedule; fixed: the SDE's; bound: learned by the bound; variance: between its ends learned by "
            "the variance of the loss",
            one_of("fixed", "bound", "variance")),
      field("adversarial", &TrainConfig::adversarial, "gan, ddgan: settings of the generator and its discriminator"),
      field("steps", &TrainConfig::steps, "number of optimizer steps", at_least(1)),
      field("batch", &TrainConfig::batch, "number of samples in a step; memory does not grow with it", at_least(1)),
      field("accumulate", &TrainConfig::accumulate,
            "number of batches whose gradients make a step, which acts as a batch so many times as large", at_least(1)),
      field("optimizer", &TrainConfig::optimizer, "rule that updates the weights", one_of("adam", "adamw", "sgd")),
      field("learning_rate", &TrainConfig::learning_rate, "step size of the optimizer", above(0)),
      field("weight_decay", &TrainConfig::weight_decay, "adamw: decoupled decay of the weights", at_least(0)),
      field("momentum", &TrainConfig::momentum, "sgd: momentum of the updates", at_least(0), below(1)),
      field("betas", &TrainConfig::betas, "adam, adamw: decays of the averages of the gradient and of its square",
            at_least(0), below(1)),
      field("clip", &TrainConfig::clip, "largest norm of the gradient; 0: unbounded", at_least(0)),
      field("explode", &TrainConfig::explode,
            "multiple of the running median that ends the run when a loss exceeds it; 0: no loss does", at_least(0)),
      field("ema", &TrainConfig::ema, "decay of the average of the weights", at_least(0), below(1)),
      field("emas", &TrainConfig::emas, "decays of further averages, which are written as model-ema-DECAY.safetensors",
            at_least(0), below(1)),
      field("ema_lengths", &TrainConfig::ema_lengths,
            "relative lengths of power-function averages, such as [0.05, 0.1], from which any length can be made after "
            "training",
            above(0), at_most(largest_average_length)),
      field("snapshot_every", &TrainConfig::snapshot_every,
            "number of steps between snapshots of the power-function averages; 0: a thirty-second of all", at_least(0)),
      field("precision", &TrainConfig::precision,
            "precision of convolutions and matrix products; bf16: operands are rounded, sums, weights and optimizer "
            "stay in f32",
            one_of("f32", "bf16")),
      field("schedule", &TrainConfig::schedule, "learning rate after the warm-up", one_of("constant", "cosine")),
      field("warmup", &TrainConfig::warmup, "number of steps in which the learning rate rises linearly", at_least(0)),
      field("checkpoint_every", &TrainConfig::checkpoint_every, "number of steps between checkpoints", at_least(1)),
      field("log_every", &TrainConfig::log_every, "number of steps between printed losses; 0: a twentieth of all",
            at_least(0)),
      field("validate_every", &TrainConfig::validate_every, "number of steps between held-out losses; 0: as log_every",
            at_least(0)),
      field("validate_samples", &TrainConfig::validate_samples, "number of held-out samples of a held-out loss; 0: all",
            at_least(0)),
      field("patience", &TrainConfig::patience,
            "number of held-out losses without a new least one that end the training with the best average; 0: never",
            at_least(0))};
};

}  // namespace fokker
