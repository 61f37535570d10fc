#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "fokker/core/config/config_fields.h"

namespace fokker {

std::vector<std::string> adversarial_loss_names();

/// The table [train.adversarial]: how a generator and its discriminator play.
struct AdversarialConfig {
  std::string loss = "non_saturating";
  double r1 = 0.1;
  std::int64_t r1_every = 1;
  double discriminator_rate = 1;
  std::int64_t latent = 1;
  std::vector<std::int64_t> discriminator = {};
  bool perceptron = false;
  std::vector<std::int64_t> fourier_features = {};

  static constexpr auto fields =
      std::tuple{field("loss", &AdversarialConfig::loss, "what the two minimise", one_of(adversarial_loss_names)),
                 field("r1", &AdversarialConfig::r1,
                       "weight of R1, r1/2 times the squared gradient at real samples; 0: without", at_least(0)),
                 field("r1_every", &AdversarialConfig::r1_every,
                       "steps from one R1 term to the next, which weighs as much more", at_least(1)),
                 field("discriminator_rate", &AdversarialConfig::discriminator_rate,
                       "the discriminator's learning rate, as a multiple of train.learning_rate", above(0)),
                 field("latent", &AdversarialConfig::latent,
                       "ddgan: channels of noise that the generator sees beside x_t", at_least(0)),
                 field("discriminator", &AdversarialConfig::discriminator,
                       "points: widths of its hidden layers, [128, 128, 128]; images: channels of its levels, [32, 64]",
                       at_least(1)),
                 field("perceptron", &AdversarialConfig::perceptron,
                       "images: the discriminator is one as for points, without convolutions"),
                 field("fourier_features", &AdversarialConfig::fourier_features,
                       "exponents n; the discriminator also sees sin and cos of 2^n pi x", at_least(0))};
};

}  // namespace fokker
