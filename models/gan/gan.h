// SPDX-License-Identifier: MIT
// A generative adversarial network and its training step.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/optim/adam.h"
#include "engine/optim/parameter_arena.h"
#include "engine/rng.h"
#include "engine/train/streamed_steps.h"
#include "models/chain.h"
#include "models/gan/recipe.h"

namespace kiln::models {

// Means over the steps since they were last read. d_real and d_fake are the probabilities that the
// discriminator gives real and generated images of being real or, with a loss that knows none, its
// outputs.
struct GanMetrics {
  double d_loss = 0;
  double g_loss = 0;
  double d_real = 0;
  double d_fake = 0;
};

class Gan {
 public:
  // Trains on images of `image_size` pixels in [0, 1], each followed by its one-hot label where the
  // recipe has classes (engine/data/labelled_rows.h). Equal seeds give equal runs.
  Gan(const GanRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device);

  // One update of the discriminator and, at every critic_steps-th step, one of the generator, each
  // with fresh noise, on the next batch of `batches`. On a GPU the steps are captured and replayed
  // (CapturedStep), anew for another stream.
  void train_step(const BatchStream& batches);
  // The same on a given batch real (batch, image_size + classes), never captured.
  void train_step(const Tensor& real);

  // The two halves of a step with given noise (batch, latent_size): the discriminator's first. The
  // generator is given the labels of the last real batch.
  void update_discriminator(const Tensor& real, const Tensor& noise);
  void update_generator(const Tensor& noise);

  // Throws an Error that names the step when a loss is not finite. Waits for the device.
  GanMetrics read_metrics();

  // Images (n, image_size) in [0, 1] for noise (n, latent_size), by the averaged weights where the
  // recipe keeps an average.
  Tensor sample(const Tensor& noise);
  // The same of a conditional GAN, as labels int32 (n) ask.
  Tensor sample(const Tensor& noise, const Tensor& labels);

  // From the next step on both learning rates are the recipe's times `factor`. Errors: negative or
  // not finite.
  void set_learning_rate_factor(double factor);

  // All that the next steps depend on, for batches of one size.
  void visit_state(StateVisitor& visitor);

  Chain& generator() { return generator_; }
  Chain& discriminator() { return discriminator_; }
  // The weights that sample() uses.
  Chain& sampling_generator() { return average_ ? average_->generator : generator_; }
  // Training goes on from the weights that sample() uses.
  void generator_from_average();
  std::int64_t steps_done() const { return steps_done_; }
  // Kernels of a captured step that updates both nets, with the R1 penalty or without; 0 as long as
  // there is none.
  std::size_t num_graph_nodes(bool with_penalty) const;

 private:
  // Steps that launch different kernels.
  struct StepKind {
    bool r1;
    bool generator;
    static constexpr std::size_t kCount = 4;
    static StepKind of(std::size_t index) { return {index / 2 == 1, index % 2 == 1}; }
    std::size_t index() const { return (r1 ? 2u : 0u) + (generator ? 1u : 0u); }
  };

  struct Average {
    Chain generator;
    optim::ParameterArena arena;
    Average(const ChainConfig& config, const Tensor& initial, Device device);
  };

  Tensor keep_average(Device device);
  void prepare(std::int64_t batch);
  bool is_conditional() const { return recipe_.classes > 0; }
  StepKind next_kind() const;
  void set_real_images(const Tensor& real);
  void take_labels();
  Tensor with_labels(const Tensor& input) const;
  std::vector<Tensor> generate(const Tensor& input, std::int64_t first);
  void step_on_real_images(StepKind kind);
  void train_discriminator(bool with_r1);
  void add_penalty(const Tensor& penalty);
  Tensor r1_penalty(const std::vector<Tensor>& outputs);
  void train_generator(const Tensor& input, const std::vector<Tensor>& outputs);
  Tensor weights_of(std::int64_t first, std::int64_t count) const;
  void add_metrics(const Tensor& g_loss);

  GanRecipe recipe_;
  Rng rng_;
  Chain generator_;
  Chain discriminator_;
  optim::ParameterArena generator_arena_;
  optim::ParameterArena discriminator_arena_;
  std::optional<Average> average_;
  optim::Adam generator_adam_;
  optim::Adam discriminator_adam_;
  std::int64_t batch_ = 0;
  Tensor noise_;   // (2 batch, latent): for the discriminator's update, the generator's
  Tensor images_;  // (3 batch, image + classes): real ones, those of either half of the noise
  Tensor labels_;  // (2 batch, classes): of the real images, twice
  // (3 batch, 1 + categories), of images_: 1 for real ones, 0 or -1 for those that are to be told
  // apart, 1 for those that are to pass; and the categories of those made of noise.
  Tensor targets_, weights_;  // weights where there are categories
  Tensor judged_, d_loss_;    // what the discriminator's update made of 2 batch images
  Tensor last_g_loss_;        // one element, where not every step has its own
  Tensor metric_sums_;        // (4), on the device
  StreamedSteps steps_;
  std::int64_t steps_done_ = 0;
  std::int64_t steps_read_ = 0;
};

}  // namespace kiln::models
