// SPDX-License-Identifier: MIT
#include "models/gan/recipe.h"

#include <cmath>

namespace kiln::models {
namespace {

std::vector<std::int64_t> join(std::int64_t first, const std::vector<std::int64_t>& hidden,
                               std::int64_t last) {
  std::vector<std::int64_t> sizes = {first};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(last);
  return sizes;
}

GanRecipe seed_recipe() {
  GanRecipe recipe;
  recipe.name = "seed";
  recipe.generator_adam = {2e-4, 0.9, 0.999};
  recipe.discriminator_adam = recipe.generator_adam;
  return recipe;
}

GanRecipe stable_recipe() {
  GanRecipe recipe;
  recipe.name = "stable";
  recipe.from_logits = true;
  recipe.discriminator_activation = {ActivationKind::leaky_relu, 0.2f};
  recipe.r1 = 0.1;
  recipe.r1_interval = 4;
  recipe.generator_adam = {1e-3, 0.0, 0.99};
  recipe.generator_adam.warmup_steps = 1000;
  recipe.discriminator_adam = recipe.generator_adam;
  recipe.generator_adam.average_decay = 0.9995;
  recipe.hidden_init = nn::Init::he_normal;
  recipe.output_init = nn::Init::lecun_normal;
  recipe.discriminator_hidden = {512, 256};
  return recipe;
}

}  // namespace

GanRecipe GanRecipe::from_name(const std::string& name) {
  if (name == "seed") return seed_recipe();
  if (name == "stable") return stable_recipe();
  throw Error("recipe '" + name + "' is unknown: use seed or stable");
}

void GanRecipe::set_learning_rate(double learning_rate) {
  if (!(learning_rate >= 0) || !std::isfinite(learning_rate)) {
    throw Error("learning rate " + std::to_string(learning_rate) +
                " is not a number of at least 0");
  }
  discriminator_adam.learning_rate *= learning_rate / generator_adam.learning_rate;
  generator_adam.learning_rate = learning_rate;
}

MlpConfig GanRecipe::generator(std::int64_t image_size) const {
  return {join(latent_size, generator_hidden, image_size),
          {ActivationKind::relu},
          {ActivationKind::sigmoid},
          hidden_init,
          output_init};
}

MlpConfig GanRecipe::discriminator(std::int64_t image_size) const {
  return {join(image_size, discriminator_hidden, 1),
          discriminator_activation,
          {from_logits ? ActivationKind::identity : ActivationKind::sigmoid},
          hidden_init,
          output_init};
}

}  // namespace kiln::models
