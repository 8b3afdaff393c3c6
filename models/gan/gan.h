// SPDX-License-Identifier: MIT
// A generative adversarial network and its training step.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/optim/adam.h"
#include "engine/optim/parameter_arena.h"
#include "engine/rng.h"
#include "models/gan/recipe.h"
#include "models/mlp.h"

namespace kiln::models {

// Means over the steps since they were last read. d_real and d_fake are the probabilities that the
// discriminator gives real and generated images of being real.
struct GanMetrics {
  double d_loss = 0;
  double g_loss = 0;
  double d_real = 0;
  double d_fake = 0;
};

class Gan {
 public:
  // Trains on images of `image_size` pixels in [0, 1]. Equal seeds give equal runs.
  Gan(const GanRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device);

  // One update of the discriminator and one of the generator, each with fresh noise.
  // real: (batch, image_size).
  void train_step(const Tensor& real);

  // The two halves of a step with given noise (batch, latent_size).
  void update_discriminator(const Tensor& real, const Tensor& noise);
  void update_generator(const Tensor& noise);

  // Throws an Error that names the step when a loss is not finite. Waits for the device.
  GanMetrics read_metrics();

  // Images (n, image_size) in [0, 1] for noise (n, latent_size), by the averaged weights where the
  // recipe keeps an average.
  Tensor sample(const Tensor& noise);

  Mlp& generator() { return generator_; }
  Mlp& discriminator() { return discriminator_; }
  // The weights that sample() uses.
  Mlp& sampling_generator() { return average_ ? average_->generator : generator_; }
  std::int64_t steps_done() const { return steps_done_; }

 private:
  struct Average {
    Mlp generator;
    optim::ParameterArena arena;
    Average(const MlpConfig& config, const Tensor& initial, Device device);
  };

  Tensor adversarial_loss(const Tensor& output, double target) const;
  Tensor probability(const Tensor& output) const;
  Tensor real_loss(const Tensor& real, Tensor& output);
  void count(std::size_t metric, const Tensor& value);

  GanRecipe recipe_;
  Rng rng_;
  Mlp generator_;
  Mlp discriminator_;
  optim::ParameterArena generator_arena_;
  optim::ParameterArena discriminator_arena_;
  optim::Adam generator_adam_;
  optim::Adam discriminator_adam_;
  std::optional<Average> average_;
  Tensor metric_sums_;  // (4), on the device
  std::int64_t steps_done_ = 0;
  std::int64_t steps_read_ = 0;
};

}  // namespace kiln::models
