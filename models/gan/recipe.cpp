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
  recipe.loss = GanLoss::logits;
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

GanRecipe stable_recipe_with(const char* name, GanLoss loss) {
  GanRecipe recipe = stable_recipe();
  recipe.name = name;
  recipe.loss = loss;
  return recipe;
}

GanRecipe wgan_gp_recipe() {
  GanRecipe recipe = stable_recipe_with("wgan-gp", GanLoss::wasserstein);
  recipe.r1 = 0;
  recipe.r1_interval = 1;
  recipe.gradient_penalty = 10;
  recipe.critic_steps = 2;
  recipe.discriminator_adam = {1e-3, 0.0, 0.99};
  recipe.generator_adam = recipe.discriminator_adam;
  recipe.generator_adam.average_decay = stable_recipe().generator_adam.average_decay;
  return recipe;
}

}  // namespace

GanRecipe GanRecipe::from_name(const std::string& name) {
  if (name == "seed") return seed_recipe();
  if (name == "stable") return stable_recipe();
  if (name == "lsgan") return stable_recipe_with("lsgan", GanLoss::least_squares);
  if (name == "hinge") return stable_recipe_with("hinge", GanLoss::hinge);
  if (name == "wgan-gp") return wgan_gp_recipe();
  throw Error("recipe '" + name + "' is unknown: use seed, stable, lsgan, hinge or wgan-gp");
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
  return {join(latent_size + classes, generator_hidden, image_size),
          {ActivationKind::relu},
          {ActivationKind::sigmoid},
          hidden_init,
          output_init};
}

MlpConfig GanRecipe::discriminator(std::int64_t image_size) const {
  return {join(image_size + classes, discriminator_hidden, 1),
          discriminator_activation,
          {loss == GanLoss::log_loss ? ActivationKind::sigmoid : ActivationKind::identity},
          hidden_init,
          output_init};
}

}  // namespace kiln::models
