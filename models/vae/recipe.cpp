// SPDX-License-Identifier: MIT
#include "models/vae/recipe.h"

#include <algorithm>

namespace kiln::models {
namespace {

VaeRecipe basic_recipe() {
  VaeRecipe recipe;
  recipe.name = "basic";
  return recipe;
}

VaeRecipe deep_recipe() {
  VaeRecipe recipe;
  recipe.name = "deep";
  recipe.hidden = {512, 512};
  recipe.latent_size = 32;
  recipe.hidden_init = nn::Init::he_normal;
  recipe.output_init = nn::Init::lecun_normal;
  return recipe;
}

VaeRecipe burda_recipe() {
  VaeRecipe recipe;
  recipe.name = "burda";
  recipe.hidden = {200, 200};
  recipe.latent_size = 50;
  recipe.hidden_activation = {ActivationKind::tanh};
  recipe.hidden_init = nn::Init::lecun_normal;
  recipe.output_init = nn::Init::lecun_normal;
  recipe.binarize = true;
  recipe.adam = {1e-3, 0.9, 0.999, 1e-4};
  return recipe;
}

}  // namespace

Likelihood likelihood_from_name(const std::string& name) {
  if (name == "bernoulli") return Likelihood::bernoulli;
  if (name == "gaussian") return Likelihood::gaussian;
  throw Error("likelihood '" + name + "' is unknown: use bernoulli or gaussian");
}

VaeRecipe VaeRecipe::from_name(const std::string& name) {
  for (const VaeRecipe& recipe : {basic_recipe(), deep_recipe(), burda_recipe()}) {
    if (recipe.name == name) return recipe;
  }
  throw Error("recipe '" + name + "' is unknown: use basic, deep, burda or vae-gan");
}

MlpConfig VaeRecipe::encoder(std::int64_t image_size) const {
  std::vector<std::int64_t> sizes = {image_size + classes};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(2 * latent_size);
  return {sizes, hidden_activation, {}, hidden_init, output_init};
}

MlpConfig VaeRecipe::decoder(std::int64_t image_size) const {
  std::vector<std::int64_t> sizes = {latent_size + classes};
  sizes.insert(sizes.end(), hidden.rbegin(), hidden.rend());
  sizes.push_back(image_size);
  const bool mean = likelihood == Likelihood::gaussian;
  return {sizes,
          hidden_activation,
          {mean ? ActivationKind::sigmoid : ActivationKind::identity},
          hidden_init,
          output_init};
}

}  // namespace kiln::models
