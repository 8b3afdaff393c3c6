// SPDX-License-Identifier: MIT
// Floating-point operations of the matrix products of a training step, the fewest that it can do.
#pragma once

#include <cstdint>

#include "models/chain.h"
#include "models/gan/recipe.h"
#include "models/mlp.h"
#include "models/vae/recipe.h"

namespace kiln::bench {

// Each weight of a linear layer is used once an image.
inline double multiply_adds(const models::ChainConfig& layers) {
  double total = 0;
  for (const auto& layer : layers) {
    if (!layer.has_parameters()) continue;
    total += static_cast<double>(element_count(layer.weight_shape()));
  }
  return total;
}

// Passes over a network: the generator runs forward twice and backward once (two products), the
// discriminator forward three times, backward on two batches and, towards the image alone, on a
// third. First layers have no input gradient. The R1 penalty, where its turn comes, takes the
// gradient towards the image and differentiates it: three products a layer.
inline double gan_step_flops(const models::GanRecipe& recipe, double batch) {
  const models::ChainConfig g = recipe.generator(784), d = recipe.discriminator(784);
  const double g_first = multiply_adds({g[g[0].has_parameters() ? 0 : 1]});
  const double d_first = multiply_adds({d[0]});
  double passes = 4 * multiply_adds(g) - g_first + 8 * multiply_adds(d) - 2 * d_first;
  if (recipe.r1 > 0) {
    passes += 3 * multiply_adds(d) / static_cast<double>(recipe.r1_interval);
  }
  return 2 * batch * passes;
}

// Forward once, backward twice; the encoder's first layer has no input gradient.
inline double vae_step_flops(const models::VaeRecipe& recipe, double batch) {
  const models::ChainConfig encoder = layers_of(recipe.encoder(784));
  const models::ChainConfig decoder = layers_of(recipe.decoder(784));
  const double passes = 3 * (multiply_adds(encoder) + multiply_adds(decoder));
  return 2 * batch * (passes - multiply_adds({encoder[0]}));
}

}  // namespace kiln::bench
