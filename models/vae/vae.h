// SPDX-License-Identifier: MIT
// A variational autoencoder (Kingma and Welling 2014) and its training step: the encoder makes of
// an image the parameters of a Gaussian over latent vectors z, the decoder makes of z what it says
// of the image's pixels, and both minimise -ELBO = E[-log p(x | z)] + beta KL(q(z | x) || p(z)).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/optim/adam.h"
#include "engine/optim/parameter_arena.h"
#include "engine/rng.h"
#include "engine/train/streamed_steps.h"
#include "models/mlp.h"
#include "models/vae/recipe.h"

namespace kiln::models {

// Means over images, in nats. loss = reconstruction + beta kl, with the full beta; where more than
// one draw an image is trained on, it is their importance-weighted bound instead, reconstruction a
// mean over the draws and kl that of q(z | x), beside it.
struct VaeLoss {
  double loss = 0;
  double reconstruction = 0;
  double kl = 0;
};

class Vae {
 public:
  // For images of `image_size` pixels in [0, 1], each followed by its one-hot label where the
  // recipe has classes (engine/data/labelled_rows.h): below, "images" are such rows (n, image_size
  // + classes). Equal seeds give equal runs. Errors: a beta, sigma or number of warm-up steps or
  // classes that makes no sense.
  Vae(const VaeRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device);

  // One update on the next batch of `batches`. On a GPU the steps are captured and replayed
  // (CapturedStep), anew for another stream.
  void train_step(const BatchStream& batches);
  // The same on given images, never captured.
  void train_step(const Tensor& images);
  // The same with given noise (importance_samples * batch, latent_size), a whole batch's for the
  // first draw, then for the second; the images are taken as they are.
  void train_step(const Tensor& images, const Tensor& noise);
  // What that step minimises, recorded, without the constant of a Gaussian likelihood and with beta
  // as the last step had it.
  Tensor loss(const Tensor& images, const Tensor& noise);

  // The mean over the steps since this was last read. Throws an Error that names the step when it
  // is not finite. Waits for the device.
  VaeLoss read_metrics();

  // -ELBO of images with a latent vector drawn by `rng` for each. Not recorded.
  VaeLoss evaluate(const Tensor& images, Rng& rng);

  // log p(x | z) of each image for its z (n, latent_size): (n). Not recorded.
  Tensor log_likelihoods(const Tensor& images, const Tensor& z);
  // Parameters (n, 2 latent_size) of the Gaussian of each image: see engine/ops/gaussian.h.
  Tensor encode(const Tensor& images);
  // Images (n, image_size) in [0, 1], the means that the decoder gives for z (n, latent_size).
  Tensor sample(const Tensor& z);
  // The same of a conditional VAE, as labels int32 (n) ask.
  Tensor sample(const Tensor& z, const Tensor& labels);
  // Each image's pixels (n, image_size) as its most likely latent vector gives them again.
  Tensor reconstruct(const Tensor& images);
  // Images whose pixels are 0 or 1, drawn with the probability of their grey value; a one-hot label
  // stays as it is.
  static Tensor binarized(const Tensor& images, Rng& rng);

  const VaeRecipe& recipe() const { return recipe_; }
  Mlp& encoder() { return encoder_; }
  Mlp& decoder() { return decoder_; }
  // What turns the decoder's output into pixels.
  Activation pixel_activation() const;
  // From the next step on the learning rate is the recipe's times `factor`. Errors: negative or not
  // finite.
  void set_learning_rate_factor(double factor) {
    adam_.set_learning_rate(recipe_.adam.learning_rate * factor);
  }
  // All that the next steps depend on.
  void visit_state(StateVisitor& visitor);
  std::int64_t steps_done() const { return steps_done_; }
  // Kernels of a captured step; 0 as long as there is none.
  std::size_t num_graph_nodes() const { return steps_.num_nodes(); }

 private:
  void prepare(std::int64_t batch);
  // (n, image_size) of images, and z with their labels behind it.
  Tensor pixels_of(const Tensor& images) const;
  Tensor with_labels(const Tensor& z, const Tensor& images) const;
  Tensor decoded_pixels(const Tensor& input);
  void step_on(const Tensor& images);
  void update(const Tensor& images, const Tensor& noise);
  struct Objective {
    Tensor loss, reconstruction, kl;
  };
  Objective objective(const Tensor& images, const Tensor& noise);
  Objective importance_weighted(const Tensor& images, const Tensor& noise);
  Tensor row_log_likelihoods(const Tensor& output, const Tensor& pixels) const;
  Tensor reconstruction_loss(const Tensor& output, const Tensor& pixels, double scale) const;
  double reconstruction_constant() const;
  bool is_importance_weighted() const { return recipe_.importance_samples > 1; }
  bool has_kl_weight() const { return recipe_.beta != 1 || recipe_.kl_warmup_steps > 0; }
  void set_kl_weight();

  VaeRecipe recipe_;
  Rng rng_;
  Mlp encoder_;
  Mlp decoder_;
  optim::ParameterArena arena_;
  optim::Adam adam_;
  std::int64_t batch_ = 0;
  Tensor images_;       // (batch, image + classes)
  Tensor noise_;        // (importance_samples * batch, latent)
  Tensor kl_targets_;   // (batch, 2 latent): which of the encoder's outputs are log-variances
  Tensor kl_weight_;    // (), where it is not 1
  Tensor metric_sums_;  // (3), on the device
  StreamedSteps steps_;
  std::int64_t steps_done_ = 0;
  std::int64_t steps_read_ = 0;
};

}  // namespace kiln::models
