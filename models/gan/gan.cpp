// SPDX-License-Identifier: MIT
#include "models/gan/gan.h"

#include <algorithm>
#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/loss.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"
#include "engine/optim/ema.h"

namespace kiln::models {
namespace {

enum SeedPurpose : std::uint64_t { kGeneratorSeed, kDiscriminatorSeed, kNoiseSeed };
enum Metric : std::size_t { kDLoss, kGLoss, kDReal, kDFake, kNumMetrics };

}  // namespace

Gan::Average::Average(const MlpConfig& config, const Tensor& initial, Device device)
    : generator(config, 0, device), arena(generator.parameters()) {
  arena.values().copy_from(initial);
}

Gan::Gan(const GanRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device)
    : recipe_(recipe),
      rng_(derive_seed(seed, kNoiseSeed), device),
      generator_(recipe.generator(image_size), derive_seed(seed, kGeneratorSeed), device),
      discriminator_(recipe.discriminator(image_size), derive_seed(seed, kDiscriminatorSeed),
                     device),
      generator_arena_(generator_.parameters()),
      discriminator_arena_(discriminator_.parameters()),
      generator_adam_(generator_arena_, recipe.generator_adam),
      discriminator_adam_(discriminator_arena_, recipe.discriminator_adam),
      metric_sums_(Tensor::zeros({kNumMetrics}, device)) {
  if (recipe.average_decay > 0) {
    average_.emplace(generator_.config(), generator_arena_.values(), device);
  }
}

void Gan::train_step(const Tensor& real) {
  if (steps_done_ <= recipe_.warmup_steps && recipe_.warmup_steps > 0) {
    const double share = std::min(
        1.0, static_cast<double>(steps_done_ + 1) / static_cast<double>(recipe_.warmup_steps));
    generator_adam_.set_learning_rate(recipe_.generator_adam.learning_rate * share);
    discriminator_adam_.set_learning_rate(recipe_.discriminator_adam.learning_rate * share);
  }
  update_discriminator(real, rng_.normal({real.dim(0), recipe_.latent_size}));
  update_generator(rng_.normal({real.dim(0), recipe_.latent_size}));
}

Tensor Gan::adversarial_loss(const Tensor& output, double target) const {
  return recipe_.from_logits ? bce_with_logits(output, target) : log_loss(output, target);
}

Tensor Gan::probability(const Tensor& output) const {
  return recipe_.from_logits ? sigmoid(output) : output;
}

// The loss on real images, with the R1 penalty where the recipe has one: r1/2 times the mean over
// the batch of the squared length of the gradient of D's output with respect to the image.
Tensor Gan::real_loss(const Tensor& real, Tensor& output) {
  if (recipe_.r1 == 0 || steps_done_ % recipe_.r1_interval != 0) {
    output = discriminator_(real);
    return adversarial_loss(output, 1);
  }
  const Tensor x = real.detach().set_requires_grad(true);
  output = discriminator_(x);
  const Tensor slope = grad(output, {x}, true)[0];
  const double weight =
      static_cast<double>(recipe_.r1_interval) * recipe_.r1 / 2 / static_cast<double>(real.dim(0));
  return adversarial_loss(output, 1) + sum(square(slope), weight);
}

void Gan::update_discriminator(const Tensor& real, const Tensor& noise) {
  Tensor fake;
  {
    const NoGradGuard no_grad;
    fake = generator_(noise);
  }
  Tensor real_output;
  const Tensor loss_on_real = real_loss(real, real_output);
  const Tensor fake_output = discriminator_(fake);
  const Tensor loss = loss_on_real + adversarial_loss(fake_output, 0);
  backward(loss, discriminator_arena_.parameters());
  discriminator_adam_.step();

  const NoGradGuard no_grad;
  count(kDLoss, loss);
  count(kDReal, mean(probability(real_output)));
  count(kDFake, mean(probability(fake_output)));
}

void Gan::update_generator(const Tensor& noise) {
  const Tensor loss = adversarial_loss(discriminator_(generator_(noise)), 1);
  backward(loss, generator_arena_.parameters());
  generator_adam_.step();
  count(kGLoss, loss);
  ++steps_done_;
  if (average_) {
    // The average starts short and lengthens, so that it forgets the initial weights.
    const auto t = static_cast<double>(steps_done_);
    const double decay = std::min(recipe_.average_decay, (1 + t) / (10 + t));
    optim::update_average(average_->arena.values(), generator_arena_.values(), decay);
  }
}

void Gan::count(std::size_t metric, const Tensor& value) {
  metric_sums_.slice(static_cast<std::int64_t>(metric), {}).add_from(value.detach());
}

GanMetrics Gan::read_metrics() {
  const std::vector<float> sums = metric_sums_.to_host<float>();
  metric_sums_.fill(0);
  const auto steps = static_cast<double>(std::max<std::int64_t>(steps_done_ - steps_read_, 1));
  steps_read_ = steps_done_;
  const GanMetrics metrics = {sums[kDLoss] / steps, sums[kGLoss] / steps, sums[kDReal] / steps,
                              sums[kDFake] / steps};
  for (const auto& [name, value] :
       {std::pair{"d_loss", metrics.d_loss}, std::pair{"g_loss", metrics.g_loss}}) {
    if (!std::isfinite(value)) {
      throw Error(std::string(name) + " is not finite at step " + std::to_string(steps_done_) +
                  ": the training has diverged; try a smaller learning rate");
    }
  }
  return metrics;
}

Tensor Gan::sample(const Tensor& noise) {
  const NoGradGuard no_grad;
  return sampling_generator()(noise);
}

}  // namespace kiln::models
