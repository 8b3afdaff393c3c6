// SPDX-License-Identifier: MIT
#include "models/vae_gan/recipe.h"

#include <cmath>

namespace kiln::models {
namespace {

using Sizes = std::vector<std::int64_t>;

constexpr Activation kLeaky = {ActivationKind::leaky_relu, 0.2f};

Sizes joined(Sizes a, const Sizes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

MlpConfig config_of(Sizes sizes, Activation hidden, Activation output) {
  return {std::move(sizes), hidden, output, nn::Init::he_normal,
          output.kind == ActivationKind::leaky_relu ? nn::Init::he_normal : nn::Init::lecun_normal};
}

}  // namespace

void VaeGanRecipe::set_learning_rate(double learning_rate) {
  if (!(learning_rate >= 0) || !std::isfinite(learning_rate)) {
    throw Error("[vae_gan] learning rate " + std::to_string(learning_rate) +
                " is not a number of at least 0");
  }
  const double ratio = learning_rate / decoder_adam.learning_rate;
  for (optim::AdamConfig* adam : {&encoder_adam, &decoder_adam, &discriminator_adam}) {
    adam->learning_rate *= ratio;
  }
}

MlpConfig VaeGanRecipe::encoder(std::int64_t image_size) const {
  return config_of(joined(joined({image_size}, hidden), {2 * latent_size}), {ActivationKind::relu},
                   {});
}

MlpConfig VaeGanRecipe::decoder(std::int64_t image_size) const {
  const Sizes reversed(hidden.rbegin(), hidden.rend());
  return config_of(joined(joined({latent_size}, reversed), {image_size}), {ActivationKind::relu},
                   {ActivationKind::sigmoid});
}

MlpConfig VaeGanRecipe::features(std::int64_t image_size) const {
  return config_of(joined({image_size}, feature_hidden), kLeaky, kLeaky);
}

MlpConfig VaeGanRecipe::judge() const {
  return config_of(joined(joined({feature_hidden.back()}, judge_hidden), {1}), kLeaky, {});
}

MlpConfig VaeGanRecipe::discriminator(std::int64_t image_size) const {
  return config_of(joined(joined(joined({image_size}, feature_hidden), judge_hidden), {1}), kLeaky,
                   {});
}

}  // namespace kiln::models
