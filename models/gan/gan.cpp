// SPDX-License-Identifier: MIT
#include "models/gan/gan.h"

#include <algorithm>

#include "engine/autograd/backward.h"
#include "engine/ops/adversarial_metrics.h"
#include "engine/ops/concat.h"
#include "engine/ops/one_hot.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"
#include "engine/train/finite.h"
#include "models/gan/gradient_penalty.h"

namespace kiln::models {
namespace {

enum SeedPurpose : std::uint64_t { kGeneratorSeed, kDiscriminatorSeed, kNoiseSeed };
enum Metric : std::size_t { kDLoss, kGLoss, kDReal, kDFake, kNumMetrics };

Tensor rows(const Tensor& matrix, std::int64_t first, std::int64_t count) {
  return matrix.slice(first * matrix.dim(1), {count, matrix.dim(1)});
}

// What the discriminator makes of an image beside its guesses of the category.
Tensor verdict(const Tensor& outputs) {
  return outputs.dim(1) == 1 ? outputs : columns(outputs, 0, 1);
}

}  // namespace

Gan::Average::Average(const ChainConfig& config, const Tensor& initial, Device device)
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
      last_g_loss_(Tensor::zeros({}, device)),
      metric_sums_(Tensor::zeros({kNumMetrics}, device)),
      steps_(
          device,
          [this](const BatchStream& batches, std::size_t kind) {
            batches.next_into(rows(images_, 0, batch_));
            take_labels();
            step_on_real_images(StepKind::of(kind));
          },
          StepKind::kCount) {
  if (recipe.latent_categories() > 0 && recipe.loss != GanLoss::logits) {
    throw Error("[gan] categories are for the loss on logits");
  }
}

// Where the recipe keeps an average, its values; else undefined.
Tensor Gan::keep_average(Device device) {
  if (recipe_.generator_adam.average_decay == 0) return {};
  average_.emplace(generator_.layers(), generator_arena_.values(), device);
  return average_->arena.values();
}

void Gan::generator_from_average() {
  if (average_) generator_arena_.values().copy_from(average_->arena.values());
}

void Gan::prepare(std::int64_t batch) {
  if (batch == batch_) return;
  if (batch < 1) throw Error("[gan] a batch of 0 images");
  const std::int64_t categories = recipe_.latent_categories();
  const Device device = metric_sums_.device();
  steps_.forget();
  batch_ = batch;
  noise_ = Tensor::empty({2 * batch, recipe_.latent_size}, device);
  images_ = Tensor::empty({3 * batch, generator_.outputs() + recipe_.classes}, device);
  labels_ = Tensor::empty({2 * batch, recipe_.classes}, device);
  judged_ = Tensor::empty({2 * batch, discriminator_.outputs()}, device);
  d_loss_ = Tensor();
  const Tensor verdicts = Tensor::full({3 * batch, 1}, 1, device);
  rows(verdicts, batch, batch).fill(target_of_generated(recipe_.loss));
  targets_ = Tensor::zeros({3 * batch, 1 + categories}, device);
  write_columns(verdicts, targets_, 0);
  if (categories == 0) return;
  verdicts.fill(1);
  weights_ = Tensor::full({3 * batch, 1 + categories}, recipe_.category_weight, device);
  rows(weights_, 0, batch).fill(0);  // real images were made from none
  write_columns(verdicts, weights_, 0);
}

// Of rows of targets_; undefined where all count alike.
Tensor Gan::weights_of(std::int64_t first, std::int64_t count) const {
  return weights_.defined() ? rows(weights_, first, count) : weights_;
}

Gan::StepKind Gan::next_kind() const {
  return {recipe_.r1 != 0 && steps_done_ % recipe_.r1_interval == 0,
          (steps_done_ + 1) % recipe_.critic_steps == 0};
}

void Gan::train_step(const BatchStream& batches) {
  prepare(batches.batch_size());
  steps_.run(batches, next_kind().index());
  ++steps_done_;
}

void Gan::train_step(const Tensor& real) {
  set_real_images(real);
  step_on_real_images(next_kind());
  ++steps_done_;
}

void Gan::set_real_images(const Tensor& real) {
  prepare(real.dim(0));
  rows(images_, 0, batch_).copy_from(real);
  take_labels();
}

// Generated images are made and judged as what the real ones are.
void Gan::take_labels() {
  if (!is_conditional()) return;
  const Tensor labels = columns(rows(images_, 0, batch_), generator_.outputs(), recipe_.classes);
  for (const std::int64_t half : {std::int64_t{0}, batch_}) {
    rows(labels_, half, batch_).copy_from(labels);
  }
}

// (batch or 2 batch, ...) with the labels behind it.
Tensor Gan::with_labels(const Tensor& input) const {
  return is_conditional() ? concat_columns(input, rows(labels_, 0, input.dim(0))) : input;
}

// The outputs of the generator's layers for `input`; the images become those made of the noise from
// row `first` on, and the targets their categories.
std::vector<Tensor> Gan::generate(const Tensor& input, std::int64_t first) {
  const Tensor place = rows(images_, batch_ + first, input.dim(0));
  if (!is_conditional()) {
    if (const std::int64_t categories = recipe_.latent_categories(); categories > 0) {
      write_largest_one_hot(input, categories, 1, rows(targets_, batch_ + first, input.dim(0)), 1);
    }
    return generator_.layer_outputs(input, place);
  }
  const Tensor made = Tensor::empty({input.dim(0), generator_.outputs()}, input.device());
  std::vector<Tensor> outputs = generator_.layer_outputs(input, made);
  write_columns(made, place, 0);
  write_columns(rows(labels_, 0, input.dim(0)), place, generator_.outputs());
  return outputs;
}

// The noise of both updates goes through the generator at once: it is the same for either.
void Gan::step_on_real_images(StepKind kind) {
  d_loss_ = Tensor();  // its memory first: a captured step gets no more than the last
  const Tensor noise = rows(noise_, 0, kind.generator ? 2 * batch_ : batch_);
  rng_.normal_into(noise);
  const Tensor input = with_labels(noise);
  std::vector<Tensor> outputs = generate(input, 0);
  train_discriminator(kind.r1);
  if (!kind.generator) return add_metrics(last_g_loss_);
  for (Tensor& output : outputs) output = rows(output, batch_, batch_);
  train_generator(rows(input, batch_, batch_), outputs);
}

void Gan::update_discriminator(const Tensor& real, const Tensor& noise) {
  set_real_images(real);
  generate(with_labels(noise), 0);
  train_discriminator(next_kind().r1);
}

void Gan::update_generator(const Tensor& noise) {
  prepare(noise.dim(0));
  const Tensor input = with_labels(noise);
  train_generator(input, generate(input, batch_));
  ++steps_done_;
}

// The first 2 batch rows of images_ go through the discriminator at once.
void Gan::train_discriminator(bool with_r1) {
  const Tensor images = rows(images_, 0, 2 * batch_);
  const std::vector<Tensor> outputs = discriminator_.layer_outputs(images, judged_);
  const Tensor loss = discriminator_loss(recipe_.loss, discriminator_.forward_of(images, outputs),
                                         rows(targets_, 0, 2 * batch_), weights_of(0, 2 * batch_));
  backward(loss, discriminator_arena_.parameters());
  d_loss_ = loss.detach();
  if (with_r1) add_penalty(r1_penalty(outputs));
  if (recipe_.gradient_penalty != 0) {
    add_penalty(gradient_penalty([this](const Tensor& x) { return verdict(discriminator_(x)); },
                                 rows(images_, 0, batch_), rows(images_, batch_, batch_),
                                 rng_.uniform({batch_}), generator_.outputs(),
                                 recipe_.gradient_penalty));
  }
  discriminator_adam_.step();
}

void Gan::add_penalty(const Tensor& penalty) {
  backward(penalty, discriminator_arena_.parameters());
  d_loss_.add_from(penalty.detach());
}

// r1/2 times the mean over the real images of the squared length of the gradient of the
// discriminator's output with respect to the image.
Tensor Gan::r1_penalty(const std::vector<Tensor>& outputs) {
  std::vector<Tensor> real_outputs;
  real_outputs.reserve(outputs.size());
  for (const Tensor& output : outputs) real_outputs.push_back(rows(output, 0, batch_));
  const Tensor slope =
      slope_at([&](const Tensor& x) { return verdict(discriminator_.forward_of(x, real_outputs)); },
               rows(images_, 0, batch_), generator_.outputs());
  const double weight =
      static_cast<double>(recipe_.r1_interval) * recipe_.r1 / 2 / static_cast<double>(batch_);
  return sum(square(slope), weight);
}

// outputs: of the generator's layers for `input`, noise with its labels.
void Gan::train_generator(const Tensor& input, const std::vector<Tensor>& outputs) {
  const Tensor output = discriminator_(with_labels(generator_.forward_of(input, outputs)));
  const Tensor loss = generator_loss(recipe_.loss, output, rows(targets_, 2 * batch_, batch_),
                                     weights_of(2 * batch_, batch_));
  backward(loss, generator_arena_.parameters());
  generator_adam_.step();
  if (recipe_.critic_steps > 1) last_g_loss_.copy_from(loss.detach());
  if (d_loss_.defined()) add_metrics(loss.detach());
}

void Gan::add_metrics(const Tensor& g_loss) {
  add_adversarial_metrics(d_loss_, g_loss, judged_, recipe_.loss == GanLoss::logits, metric_sums_);
}

std::size_t Gan::num_graph_nodes(bool with_penalty) const {
  return steps_.num_nodes(StepKind{with_penalty, true}.index());
}

void Gan::set_learning_rate_factor(double factor) {
  discriminator_adam_.set_learning_rate(recipe_.discriminator_adam.learning_rate * factor);
  generator_adam_.set_learning_rate(recipe_.generator_adam.learning_rate * factor);
}

void Gan::visit_state(StateVisitor& visitor) {
  rng_.visit_state(visitor, "noise");
  generator_.visit_state(visitor, "generator");
  discriminator_.visit_state(visitor, "discriminator");
  if (average_) average_->generator.visit_state(visitor, "average");
  generator_adam_.visit_state(visitor, "generator_adam");
  discriminator_adam_.visit_state(visitor, "discriminator_adam");
  visitor.visit("last_g_loss", last_g_loss_);
  visitor.visit("metric_sums", metric_sums_);
  visitor.visit("steps_done", steps_done_);
  visitor.visit("steps_read", steps_read_);
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
    require_finite(name, value, steps_done_);
  }
  return metrics;
}

Tensor Gan::sample(const Tensor& noise) {
  const NoGradGuard no_grad;
  return sampling_generator()(noise);
}

Tensor Gan::sample(const Tensor& noise, const Tensor& labels) {
  const NoGradGuard no_grad;
  return sampling_generator()(concat_columns(noise, one_hot(labels, recipe_.classes)));
}

}  // namespace kiln::models
