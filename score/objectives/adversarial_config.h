#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config_fields.h"

namespace fokker {

std::vector<std::string> adversarial_loss_names();

/// The table [train.adversarial] says how a generator and its discriminator are trained against each other.
struct AdversarialConfig {
  std::string loss = "non_saturating";
  double r1 = 0.1;
  std::int64_t r1_every = 1;
  double discriminator_rate = 1;
  std::int64_t latent = 1;
  std::vector<std::int64_t> discriminator = {};
  bool perceptron = false;
  std::vector<std::int64_t> fourier_features = {};

  static constexpr auto fields = std::tuple{
      field("loss", &AdversarialConfig::loss, "loss that generator and discriminator minimise",
            one_of(adversarial_loss_names)),
      field("r1", &AdversarialConfig::r1,
            "weight of the R1 penalty, r1/2 times the squared gradient of the discriminator at real samples; 0: no "
            "penalty",
            at_least(0)),
      field("r1_every", &AdversarialConfig::r1_every,
            "number of steps from one R1 term to the next; each term weighs as many times more", at_least(1)),
      field("discriminator_rate", &AdversarialConfig::discriminator_rate,
            "learning rate of the discriminator as a multiple of train.learning_rate", above(0)),
      field("latent", &AdversarialConfig::latent, "ddgan: number of noise channels that the generator sees beside x_t",
            at_least(0)),
      field("discriminator", &AdversarialConfig::discriminator,
            "sizes of the discriminator; points: widths of the hidden layers, by default [128, 128, 128]; images: "
            "channels of the levels, by default [32, 64]",
            at_least(1)),
      field("perceptron", &AdversarialConfig::perceptron,
            "images: uses the multilayer perceptron of points as discriminator, without convolutions"),
      field("fourier_features", &AdversarialConfig::fourier_features,
            "exponents n for which the discriminator also sees sin and cos of 2^n pi x", at_least(0))};
};

}  // namespace fokker
