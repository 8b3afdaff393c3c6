// SPDX-License-Identifier: MIT
#include "models/gan/gan.h"

#include <algorithm>
#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/ops/adversarial_metrics.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/loss.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"

namespace kiln::models {
namespace {

enum SeedPurpose : std::uint64_t { kGeneratorSeed, kDiscriminatorSeed, kNoiseSeed };
enum Metric : std::size_t { kDLoss, kGLoss, kDReal, kDFake, kNumMetrics };

Tensor rows(const Tensor& matrix, std::int64_t first, std::int64_t count) {
  return matrix.slice(first * matrix.dim(1), {count, matrix.dim(1)});
}

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
      generator_adam_(generator_arena_, recipe.generator_adam, keep_average(device)),
      discriminator_adam_(discriminator_arena_, recipe.discriminator_adam),
      metric_sums_(Tensor::zeros({kNumMetrics}, device)) {}

// Where the recipe keeps an average, its values; else undefined.
Tensor Gan::keep_average(Device device) {
  if (recipe_.generator_adam.average_decay == 0) return {};
  average_.emplace(generator_.config(), generator_arena_.values(), device);
  return average_->arena.values();
}

void Gan::prepare(std::int64_t batch) {
  if (batch == batch_) return;
  if (batch < 1) throw Error("[gan] a batch of 0 images");
  const Device device = metric_sums_.device();
  captured_.reset();
  batch_ = batch;
  noise_ = Tensor::empty({2 * batch, recipe_.latent_size}, device);
  images_ = Tensor::empty({3 * batch, generator_.outputs()}, device);
  targets_ = Tensor::zeros({2 * batch, 1}, device);
  rows(targets_, 0, batch).fill(1);
}

bool Gan::penalty_is_due() const {
  return recipe_.r1 != 0 && steps_done_ % recipe_.r1_interval == 0;
}

void Gan::train_step(const BatchStream& batches) {
  prepare(batches.batch_size());
  if (captured_ == nullptr || !captured_->batches.is_same_stream(batches)) {
    const auto step = [this](bool with_penalty) {
      return [this, with_penalty] {
        captured_->batches.next_into(rows(images_, 0, batch_));
        step_on_real_images(with_penalty);
      };
    };
    const Device device = metric_sums_.device();
    captured_.reset(new CapturedSteps{batches, {device, step(false)}, {device, step(true)}});
  }
  (penalty_is_due() ? captured_->with_penalty : captured_->plain).run();
  ++steps_done_;
}

void Gan::train_step(const Tensor& real) {
  prepare(real.dim(0));
  rows(images_, 0, batch_).copy_from(real);
  step_on_real_images(penalty_is_due());
  ++steps_done_;
}

// Both halves of the noise go through the generator at once: it is the same for either update.
void Gan::step_on_real_images(bool with_penalty) {
  rng_.normal_into(noise_);
  std::vector<Tensor> outputs = generator_.layer_outputs(noise_, rows(images_, batch_, 2 * batch_));
  train_discriminator(with_penalty);
  for (Tensor& output : outputs) output = rows(output, batch_, batch_);
  train_generator(rows(noise_, batch_, batch_), outputs);
}

void Gan::update_discriminator(const Tensor& real, const Tensor& noise) {
  prepare(real.dim(0));
  rows(images_, 0, batch_).copy_from(real);
  generator_.layer_outputs(noise, rows(images_, batch_, batch_));
  train_discriminator(penalty_is_due());
}

void Gan::update_generator(const Tensor& noise) {
  prepare(noise.dim(0));
  train_generator(noise, generator_.layer_outputs(noise, rows(images_, 2 * batch_, batch_)));
  ++steps_done_;
}

// The first 2 batch rows of images_ go through the discriminator at once.
void Gan::train_discriminator(bool with_penalty) {
  const Tensor images = rows(images_, 0, 2 * batch_);
  judged_ = d_loss_ = Tensor();  // their memory first: a captured step gets no more than the last
  judged_ = Tensor::empty({2 * batch_, 1}, images.device());
  const std::vector<Tensor> outputs = discriminator_.layer_outputs(images, judged_);
  const Tensor output = discriminator_.forward_of(images, outputs);
  const double scale = 1.0 / static_cast<double>(batch_);
  const Tensor loss = recipe_.from_logits
                          ? sum_loss(kernels::BceWithLogits{}, output, targets_, scale)
                          : sum_loss(kernels::LogLoss{}, output, targets_, scale);
  backward(loss, discriminator_arena_.parameters());
  d_loss_ = loss.detach();
  if (with_penalty) {
    const Tensor r1 = penalty(outputs);
    backward(r1, discriminator_arena_.parameters());
    d_loss_.add_from(r1.detach());
  }
  discriminator_adam_.step();
}

// r1/2 times the mean over the real images of the squared length of the gradient of the
// discriminator's output with respect to the image.
Tensor Gan::penalty(const std::vector<Tensor>& outputs) {
  const Tensor x = rows(images_, 0, batch_).set_requires_grad(true);
  std::vector<Tensor> real_outputs;
  real_outputs.reserve(outputs.size());
  for (const Tensor& output : outputs) real_outputs.push_back(rows(output, 0, batch_));
  const Tensor slope = grad(discriminator_.forward_of(x, real_outputs), {x}, true)[0];
  const double weight =
      static_cast<double>(recipe_.r1_interval) * recipe_.r1 / 2 / static_cast<double>(batch_);
  return sum(square(slope), weight);
}

// outputs: of the generator's layers for `noise`.
void Gan::train_generator(const Tensor& noise, const std::vector<Tensor>& outputs) {
  const Tensor output = discriminator_(generator_.forward_of(noise, outputs));
  const Tensor loss = recipe_.from_logits ? bce_with_logits(output, 1) : log_loss(output, 1);
  backward(loss, generator_arena_.parameters());
  generator_adam_.step();
  if (!judged_.defined()) return;
  add_adversarial_metrics(d_loss_, loss.detach(), judged_, recipe_.from_logits, metric_sums_);
}

std::size_t Gan::num_graph_nodes(bool with_penalty) const {
  if (captured_ == nullptr) return 0;
  return (with_penalty ? captured_->with_penalty : captured_->plain).num_nodes();
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
