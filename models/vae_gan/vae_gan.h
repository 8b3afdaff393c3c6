// SPDX-License-Identifier: MIT
// A VAE whose decoder is a GAN's generator too (Larsen et al. 2016): images are held against their
// reconstructions by what the discriminator sees in them, not pixel by pixel.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/optim/adam.h"
#include "engine/optim/parameter_arena.h"
#include "engine/rng.h"
#include "engine/train/streamed_steps.h"
#include "models/mlp.h"
#include "models/vae_gan/losses.h"
#include "models/vae_gan/recipe.h"

namespace kiln::models {

// Means over the steps since they were last read: see models/vae_gan/losses.h.
struct VaeGanMetrics {
  double kl = 0;
  double likeness = 0;
  double d_loss = 0;
};

class VaeGan {
 public:
  // For images of `image_size` pixels in [0, 1]. Equal seeds give equal runs. Errors: a gamma,
  // prior_weight or r1 that is negative or not finite; no feature layer.
  VaeGan(const VaeGanRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device);

  // One update of all three networks, from gradients at the weights that they begin with, on the
  // next batch of `batches`: Algorithm 1 of the paper. On a GPU the steps are captured and replayed
  // (StreamedSteps).
  void train_step(const BatchStream& batches);
  // The same on given images (batch, image_size), never captured.
  void train_step(const Tensor& images);
  // The same with given noise and draws of p(z), each (batch, latent_size).
  void train_step(const Tensor& images, const Tensor& noise, const Tensor& prior_draws);

  // What a step starts from, recorded, and its gradients, added to those of the parameters:
  //   encoder        prior_weight prior + likeness
  //   decoder        gamma likeness - gan
  //   discriminator  gan + penalty
  VaeGanLosses losses(const Tensor& images, const Tensor& noise, const Tensor& prior_draws);
  void add_gradients(const VaeGanLosses& losses);

  // Throws an Error that names the step when a loss is not finite. Waits for the device.
  VaeGanMetrics read_metrics();

  // Images (n, image_size) in [0, 1] for z (n, latent_size).
  Tensor sample(const Tensor& z);
  // Each image as its most likely latent vector gives it again.
  Tensor reconstruct(const Tensor& images);

  // From the next step on all learning rates are the recipe's times `factor`. Errors: negative or
  // not finite.
  void set_learning_rate_factor(double factor);

  // All that the next steps depend on.
  void visit_state(StateVisitor& visitor);

  const VaeGanRecipe& recipe() const { return recipe_; }
  Mlp& encoder() { return encoder_; }
  Mlp& decoder() { return decoder_; }
  Mlp& features() { return features_; }
  Mlp& judge() { return judge_; }
  // The last two as one network: a copy as they are now.
  Mlp& discriminator();
  // Gives both the weights that this copy has been given.
  void take_discriminator();
  std::int64_t steps_done() const { return steps_done_; }
  // Kernels of a captured step; 0 as long as there is none.
  std::size_t num_graph_nodes() const { return steps_.num_nodes(); }

 private:
  void prepare(std::int64_t batch);
  void step_on(const Tensor& images);
  void update(const Tensor& images, const Tensor& noise, const Tensor& prior_draws);

  VaeGanRecipe recipe_;
  Rng rng_;
  Mlp encoder_;
  Mlp decoder_;
  Mlp features_;
  Mlp judge_;
  Mlp discriminator_;
  optim::ParameterArena encoder_arena_;
  optim::ParameterArena decoder_arena_;
  optim::ParameterArena discriminator_arena_;
  optim::Adam encoder_adam_;
  optim::Adam decoder_adam_;
  optim::Adam discriminator_adam_;
  std::int64_t batch_ = 0;
  Tensor images_;       // (batch, image)
  Tensor noise_;        // (batch, latent)
  Tensor prior_draws_;  // (batch, latent)
  Tensor metric_sums_;  // (3), on the device
  StreamedSteps steps_;
  std::int64_t steps_done_ = 0;
  std::int64_t steps_read_ = 0;
};

}  // namespace kiln::models
