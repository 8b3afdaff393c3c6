// SPDX-License-Identifier: MIT
#include "models/vae_gan/vae_gan.h"

#include <algorithm>
#include <cmath>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/train/finite.h"

namespace kiln::models {
namespace {

enum VaeGanSeed : std::uint64_t { kEncoder, kDecoder, kFeatures, kJudge, kNoise };
enum VaeGanSum : std::int64_t { kKlSum, kLikenessSum, kDLossSum, kNumVaeGanSums };

std::vector<Tensor> concatenated(std::vector<Tensor> a, const std::vector<Tensor>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const VaeGanRecipe& checked(const VaeGanRecipe& recipe) {
  for (const auto& [name, value] :
       {std::pair{"gamma", recipe.gamma}, std::pair{"prior_weight", recipe.prior_weight},
        std::pair{"r1", recipe.r1}}) {
    if (value >= 0 && std::isfinite(value)) continue;
    throw Error(std::string("[vae_gan] ") + name + " " + std::to_string(value) +
                " is not a number of at least 0");
  }
  if (recipe.feature_hidden.empty()) throw Error("[vae_gan] there is no feature layer");
  return recipe;
}

}  // namespace

VaeGan::VaeGan(const VaeGanRecipe& recipe, std::int64_t image_size, std::uint64_t seed,
               Device device)
    : recipe_(checked(recipe)),
      rng_(derive_seed(seed, kNoise), device),
      encoder_(recipe.encoder(image_size), derive_seed(seed, kEncoder), device),
      decoder_(recipe.decoder(image_size), derive_seed(seed, kDecoder), device),
      features_(recipe.features(image_size), derive_seed(seed, kFeatures), device),
      judge_(recipe.judge(), derive_seed(seed, kJudge), device),
      discriminator_(recipe.discriminator(image_size), 0, device),
      encoder_arena_(encoder_.parameters()),
      decoder_arena_(decoder_.parameters()),
      discriminator_arena_(concatenated(features_.parameters(), judge_.parameters())),
      encoder_adam_(encoder_arena_, recipe.encoder_adam),
      decoder_adam_(decoder_arena_, recipe.decoder_adam),
      discriminator_adam_(discriminator_arena_, recipe.discriminator_adam),
      metric_sums_(Tensor::zeros({kNumVaeGanSums}, device)),
      steps_(device, [this](const BatchStream& batches, std::size_t) {
        batches.next_into(images_);
        step_on(images_);
      }) {}

void VaeGan::prepare(std::int64_t batch) {
  if (batch == batch_) return;
  if (batch < 1) throw Error("[vae_gan] a batch of 0 images");
  const Device device = metric_sums_.device();
  steps_.forget();
  batch_ = batch;
  images_ = Tensor::empty({batch, encoder_.inputs()}, device);
  noise_ = Tensor::empty({batch, recipe_.latent_size}, device);
  prior_draws_ = Tensor::empty({batch, recipe_.latent_size}, device);
}

void VaeGan::train_step(const BatchStream& batches) {
  prepare(batches.batch_size());
  steps_.run(batches);
  ++steps_done_;
}

void VaeGan::train_step(const Tensor& images) {
  prepare(images.dim(0));
  step_on(images);
  ++steps_done_;
}

void VaeGan::train_step(const Tensor& images, const Tensor& noise, const Tensor& prior_draws) {
  prepare(images.dim(0));
  update(images, noise, prior_draws);
  ++steps_done_;
}

void VaeGan::step_on(const Tensor& images) {
  rng_.normal_into(noise_);
  rng_.normal_into(prior_draws_);
  update(images, noise_, prior_draws_);
}

VaeGanLosses VaeGan::losses(const Tensor& images, const Tensor& noise, const Tensor& prior_draws) {
  return vae_gan_losses({[this](const Tensor& x) { return encoder_(x); },
                         [this](const Tensor& z) { return decoder_(z); },
                         [this](const Tensor& x) { return features_(x); },
                         [this](const Tensor& f) { return judge_(f); }},
                        images, noise, prior_draws, recipe_.r1);
}

void VaeGan::add_gradients(const VaeGanLosses& losses) {
  backward(losses.prior * recipe_.prior_weight + losses.likeness, encoder_arena_.parameters());
  backward(losses.likeness * recipe_.gamma - losses.gan, decoder_arena_.parameters());
  backward(losses.gan, discriminator_arena_.parameters());
  if (losses.penalty.defined()) backward(losses.penalty, discriminator_arena_.parameters());
}

void VaeGan::update(const Tensor& images, const Tensor& noise, const Tensor& prior_draws) {
  const VaeGanLosses made = losses(images, noise, prior_draws);
  add_gradients(made);
  encoder_adam_.step();
  decoder_adam_.step();
  discriminator_adam_.step();
  metric_sums_.slice(kKlSum, {}).add_from(made.prior.detach());
  metric_sums_.slice(kLikenessSum, {}).add_from(made.likeness.detach());
  metric_sums_.slice(kDLossSum, {}).add_from(made.gan.detach());
}

void VaeGan::set_learning_rate_factor(double factor) {
  encoder_adam_.set_learning_rate(recipe_.encoder_adam.learning_rate * factor);
  decoder_adam_.set_learning_rate(recipe_.decoder_adam.learning_rate * factor);
  discriminator_adam_.set_learning_rate(recipe_.discriminator_adam.learning_rate * factor);
}

void VaeGan::visit_state(StateVisitor& visitor) {
  rng_.visit_state(visitor, "noise");
  encoder_.visit_state(visitor, "encoder");
  decoder_.visit_state(visitor, "decoder");
  features_.visit_state(visitor, "features");
  judge_.visit_state(visitor, "judge");
  encoder_adam_.visit_state(visitor, "encoder_adam");
  decoder_adam_.visit_state(visitor, "decoder_adam");
  discriminator_adam_.visit_state(visitor, "discriminator_adam");
  visitor.visit("metric_sums", metric_sums_);
  visitor.visit("steps_done", steps_done_);
  visitor.visit("steps_read", steps_read_);
}

VaeGanMetrics VaeGan::read_metrics() {
  const std::vector<float> sums = metric_sums_.to_host<float>();
  metric_sums_.fill(0);
  const auto steps = static_cast<double>(std::max<std::int64_t>(steps_done_ - steps_read_, 1));
  steps_read_ = steps_done_;
  const VaeGanMetrics mean = {sums[kKlSum] / steps, sums[kLikenessSum] / steps,
                              sums[kDLossSum] / steps};
  for (const auto& [name, value] :
       {std::pair{"the KL divergence", mean.kl}, std::pair{"the likeness", mean.likeness},
        std::pair{"the discriminator's loss", mean.d_loss}}) {
    require_finite(name, value, steps_done_);
  }
  return mean;
}

Tensor VaeGan::sample(const Tensor& z) {
  const NoGradGuard no_grad;
  return decoder_(z);
}

Tensor VaeGan::reconstruct(const Tensor& images) {
  const NoGradGuard no_grad;
  return decoder_(columns(encoder_(images), 0, recipe_.latent_size));
}

Mlp& VaeGan::discriminator() {
  const std::vector<Tensor>& parts = discriminator_arena_.parameters();
  const std::vector<Tensor> whole = discriminator_.parameters();
  for (std::size_t i = 0; i < whole.size(); ++i) whole[i].copy_from(parts[i]);
  return discriminator_;
}

void VaeGan::take_discriminator() {
  const std::vector<Tensor>& parts = discriminator_arena_.parameters();
  const std::vector<Tensor> whole = discriminator_.parameters();
  for (std::size_t i = 0; i < whole.size(); ++i) parts[i].copy_from(whole[i]);
}

}  // namespace kiln::models
