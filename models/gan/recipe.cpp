// SPDX-License-Identifier: MIT
#include "models/gan/recipe.h"

#include <cmath>

#include "models/dcgan/dcgan.h"
#include "models/mlp.h"

namespace kiln::models {
namespace {

std::vector<std::int64_t> join(std::int64_t first, const std::vector<std::int64_t>& hidden,
                               std::int64_t last) {
  std::vector<std::int64_t> sizes = {first};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(last);
  return sizes;
}

void require_unconditional(const GanRecipe& recipe) {
  if (recipe.classes > 0) throw Error("recipe '" + recipe.name + "' takes no labels");
}

std::int64_t side_of(std::int64_t image_size) {
  const auto side = std::llround(std::sqrt(static_cast<double>(image_size)));
  if (side * side != image_size) {
    throw Error("images of " + std::to_string(image_size) +
                " pixels are not square, as a convolutional network needs them");
  }
  return side;
}

GanRecipe seed_recipe() {
  GanRecipe recipe;
  recipe.name = "seed";
  recipe.generator_adam = {2e-4, 0.9, 0.999};
  recipe.discriminator_adam = recipe.generator_adam;
  return recipe;
}

// What the recipes but `seed` have in common.
GanRecipe regularized_recipe(const char* name, GanLoss loss) {
  GanRecipe recipe;
  recipe.name = name;
  recipe.loss = loss;
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

GanRecipe stable_recipe() {
  GanRecipe recipe = regularized_recipe("stable", GanLoss::logits);
  recipe.discriminator_hidden = {512, 256, 128};
  recipe.categories = 10;
  recipe.category_weight = 0.02;
  // A deeper net amplifies rounding sooner.
  recipe.generator_adam.warmup_steps = recipe.discriminator_adam.warmup_steps = 2000;
  return recipe;
}

GanRecipe dcgan_recipe() {
  GanRecipe recipe = regularized_recipe("dcgan", GanLoss::logits);
  recipe.r1 = 2;
  recipe.categories = 16;
  recipe.category_weight = 0.02;
  recipe.generator_hidden = {256, 512};
  recipe.generator_channels = {32, 16};
  recipe.discriminator_channels = {32, 64};
  recipe.discriminator_hidden = {256};
  return recipe;
}

GanRecipe wgan_gp_recipe() {
  GanRecipe recipe = regularized_recipe("wgan-gp", GanLoss::wasserstein);
  recipe.r1 = 0;
  recipe.r1_interval = 1;
  recipe.gradient_penalty = 10;
  recipe.critic_steps = 2;
  recipe.generator_adam.warmup_steps = recipe.discriminator_adam.warmup_steps = 0;
  return recipe;
}

}  // namespace

GanRecipe GanRecipe::from_name(const std::string& name) {
  if (name == "seed") return seed_recipe();
  if (name == "stable") return stable_recipe();
  if (name == "lsgan") return regularized_recipe("lsgan", GanLoss::least_squares);
  if (name == "hinge") return regularized_recipe("hinge", GanLoss::hinge);
  if (name == "wgan-gp") return wgan_gp_recipe();
  if (name == "dcgan") return dcgan_recipe();
  throw Error("recipe '" + name + "' is unknown: use seed, stable, lsgan, hinge, wgan-gp or dcgan");
}

void GanRecipe::set_learning_rate(double learning_rate) {
  if (!(learning_rate >= 0) || !std::isfinite(learning_rate)) {
    throw Error("learning rate " + std::to_string(learning_rate) +
                " is not a number of at least 0");
  }
  discriminator_adam.learning_rate *= learning_rate / generator_adam.learning_rate;
  generator_adam.learning_rate = learning_rate;
}

ChainConfig GanRecipe::layers_from_latents(std::int64_t image_size) const {
  const Activation hidden = {ActivationKind::relu}, pixels = {ActivationKind::sigmoid};
  if (!generator_channels.empty()) {
    require_unconditional(*this);
    return dcgan_generator({latent_size, side_of(image_size), generator_hidden, generator_channels,
                            hidden, pixels, hidden_init, output_init});
  }
  return layers_of({join(latent_size + classes, generator_hidden, image_size), hidden, pixels,
                    hidden_init, output_init});
}

ChainConfig GanRecipe::generator(std::int64_t image_size) const {
  ChainConfig layers = layers_from_latents(image_size);
  if (latent_categories() > 0) {
    layers.insert(layers.begin(), {.name = "code",
                                   .kind = LayerKind::categorical,
                                   .in = {latent_size},
                                   .out = {latent_size},
                                   .categories = categories});
  }
  return layers;
}

ChainConfig GanRecipe::discriminator(std::int64_t image_size) const {
  const Activation output = {loss == GanLoss::log_loss ? ActivationKind::sigmoid
                                                       : ActivationKind::identity};
  const std::int64_t outputs = 1 + latent_categories();
  if (!discriminator_channels.empty()) {
    require_unconditional(*this);
    return dcgan_discriminator({0, side_of(image_size), discriminator_hidden,
                                discriminator_channels, discriminator_activation, output,
                                hidden_init, output_init, outputs});
  }
  return layers_of({join(image_size + classes, discriminator_hidden, outputs),
                    discriminator_activation, output, hidden_init, output_init});
}

}  // namespace kiln::models
