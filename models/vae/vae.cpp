// SPDX-License-Identifier: MIT
#include "models/vae/vae.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/autograd/backward.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/concat.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/loss.h"
#include "engine/ops/one_hot.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/row_loss.h"
#include "engine/ops/rows.h"
#include "engine/train/finite.h"
#include "models/vae/bound.h"

namespace kiln::models {
namespace {

enum VaeSeed : std::uint64_t { kEncoderSeed, kDecoderSeed, kVaeNoiseSeed };
enum VaeMetric : std::int64_t { kReconstruction, kKl, kBound, kNumVaeMetrics };

std::vector<Tensor> joined(std::vector<Tensor> a, const std::vector<Tensor>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// 0 for means, 1 for log-variances: the targets of KlFromUnitGaussian.
Tensor log_variance_columns(std::int64_t rows, std::int64_t latent, Device device) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < rows * 2 * latent; ++i) {
    values.push_back(i % (2 * latent) < latent ? 0.0f : 1.0f);
  }
  return Tensor::from_host(values, {rows, 2 * latent}, device);
}

const VaeRecipe& checked(const VaeRecipe& recipe) {
  if (!(recipe.beta >= 0) || !std::isfinite(recipe.beta)) {
    throw Error("[vae] beta " + std::to_string(recipe.beta) + " is not a number of at least 0");
  }
  if (!(recipe.sigma > 0) || !std::isfinite(recipe.sigma)) {
    throw Error("[vae] sigma " + std::to_string(recipe.sigma) + " is not a number above 0");
  }
  if (recipe.kl_warmup_steps < 0) throw Error("[vae] the number of warm-up steps is negative");
  if (recipe.classes < 0) throw Error("[vae] the number of classes is negative");
  if (recipe.importance_samples < 1) throw Error("[vae] the number of samples is below 1");
  if (recipe.importance_samples > 1 && (recipe.beta != 1 || recipe.kl_warmup_steps > 0)) {
    throw Error("[vae] the bound of " + std::to_string(recipe.importance_samples) +
                " importance samples has no KL divergence for beta or a warm-up to weigh");
  }
  return recipe;
}

}  // namespace

Vae::Vae(const VaeRecipe& recipe, std::int64_t image_size, std::uint64_t seed, Device device)
    : recipe_(checked(recipe)),
      rng_(derive_seed(seed, kVaeNoiseSeed), device),
      encoder_(recipe.encoder(image_size), derive_seed(seed, kEncoderSeed), device),
      decoder_(recipe.decoder(image_size), derive_seed(seed, kDecoderSeed), device),
      arena_(joined(encoder_.parameters(), decoder_.parameters())),
      adam_(arena_, recipe.adam),
      metric_sums_(Tensor::zeros({kNumVaeMetrics}, device)),
      steps_(device, [this](const BatchStream& batches, std::size_t) {
        batches.next_into(images_);
        step_on(images_);
      }) {
  if (has_kl_weight()) kl_weight_ = Tensor::full({}, recipe.beta, device);
}

void Vae::prepare(std::int64_t batch) {
  if (batch == batch_) return;
  if (batch < 1) throw Error("[vae] a batch of 0 images");
  const Device device = metric_sums_.device();
  steps_.forget();
  batch_ = batch;
  images_ = Tensor::empty({batch, encoder_.inputs()}, device);
  noise_ = Tensor::empty({recipe_.importance_samples * batch, recipe_.latent_size}, device);
  kl_targets_ = log_variance_columns(batch, recipe_.latent_size, device);
}

Tensor Vae::pixels_of(const Tensor& images) const {
  return recipe_.classes == 0 ? images : columns(images, 0, decoder_.outputs());
}

Tensor Vae::with_labels(const Tensor& z, const Tensor& images) const {
  if (recipe_.classes == 0) return z;
  const Tensor labels = columns(images, decoder_.outputs(), recipe_.classes);
  const std::int64_t draws = images.dim(0) == 0 ? 1 : z.dim(0) / images.dim(0);
  return concat_columns(z, draws == 1 ? labels : repeated_rows(labels, draws));
}

void Vae::train_step(const BatchStream& batches) {
  prepare(batches.batch_size());
  set_kl_weight();
  steps_.run(batches);
  ++steps_done_;
}

void Vae::train_step(const Tensor& images) {
  prepare(images.dim(0));
  set_kl_weight();
  step_on(images);
  ++steps_done_;
}

void Vae::train_step(const Tensor& images, const Tensor& noise) {
  prepare(images.dim(0));
  set_kl_weight();
  update(images, noise);
  ++steps_done_;
}

// Outside of captured steps: it is one small write, and none once the warm-up is over.
void Vae::set_kl_weight() {
  if (steps_done_ > recipe_.kl_warmup_steps || recipe_.kl_warmup_steps == 0) return;
  kl_weight_.fill(recipe_.beta * static_cast<double>(steps_done_) /
                  static_cast<double>(recipe_.kl_warmup_steps));
}

void Vae::step_on(const Tensor& images) {
  rng_.normal_into(noise_);
  update(recipe_.binarize ? binarized(images, rng_) : images, noise_);
}

void Vae::update(const Tensor& images, const Tensor& noise) {
  const Objective made = objective(images, noise);
  backward(made.loss, arena_.parameters());
  adam_.step();
  metric_sums_.slice(kReconstruction, {}).add_from(made.reconstruction.detach());
  metric_sums_.slice(kKl, {}).add_from(made.kl.detach());
  if (is_importance_weighted()) metric_sums_.slice(kBound, {}).add_from(made.loss.detach());
}

Tensor Vae::loss(const Tensor& images, const Tensor& noise) {
  prepare(images.dim(0));
  return objective(images, noise).loss;
}

Vae::Objective Vae::objective(const Tensor& images, const Tensor& noise) {
  if (is_importance_weighted()) return importance_weighted(images, noise);
  const double scale = 1.0 / static_cast<double>(batch_);
  const Tensor parameters = encoder_(images);
  const Tensor output = decoder_(with_labels(gaussian_sample(parameters, noise), images));
  const Tensor reconstruction = reconstruction_loss(output, pixels_of(images), scale);
  const Tensor kl = sum_loss(kernels::KlFromUnitGaussian{}, parameters, kl_targets_, scale);
  return {has_kl_weight() ? reconstruction + kl * kl_weight_ : reconstruction + kl, reconstruction,
          kl};
}

// All draws of a batch go through the decoder at once.
Vae::Objective Vae::importance_weighted(const Tensor& images, const Tensor& noise) {
  const std::int64_t k = recipe_.importance_samples;
  const Tensor parameters = encoder_(images), repeated = repeated_rows(parameters, k);
  const Tensor z = gaussian_sample(repeated, noise);
  const Tensor output = decoder_(with_labels(z, images));
  const Tensor log_likelihoods = row_log_likelihoods(output, pixels_of(images));
  const Tensor log_weights = log_likelihoods + log_prior_ratio(repeated, noise, z);
  const double scale = 1.0 / static_cast<double>(batch_);
  return {importance_weighted_loss(reshape(log_weights, {k, batch_})),
          -mean(log_likelihoods.detach()),
          sum_loss(kernels::KlFromUnitGaussian{}, parameters.detach(), kl_targets_, scale)};
}

// Without the constant of a Gaussian likelihood.
Tensor Vae::reconstruction_loss(const Tensor& output, const Tensor& pixels, double scale) const {
  if (recipe_.likelihood == Likelihood::bernoulli) {
    return sum_loss(kernels::BceWithLogits{}, output, pixels, scale);
  }
  return sum_loss(kernels::SquaredError{}, output, pixels,
                  scale / (2 * recipe_.sigma * recipe_.sigma));
}

double Vae::reconstruction_constant() const {
  if (recipe_.likelihood == Likelihood::bernoulli) return 0;
  return static_cast<double>(decoder_.outputs()) *
         (std::log(recipe_.sigma) + std::log(2 * std::numbers::pi) / 2);
}

void Vae::visit_state(StateVisitor& visitor) {
  rng_.visit_state(visitor, "noise");
  encoder_.visit_state(visitor, "encoder");
  decoder_.visit_state(visitor, "decoder");
  adam_.visit_state(visitor, "adam");
  visitor.visit("metric_sums", metric_sums_);
  visitor.visit("steps_done", steps_done_);
  visitor.visit("steps_read", steps_read_);
}

VaeLoss Vae::read_metrics() {
  const std::vector<float> sums = metric_sums_.to_host<float>();
  metric_sums_.fill(0);
  const auto steps = static_cast<double>(std::max<std::int64_t>(steps_done_ - steps_read_, 1));
  steps_read_ = steps_done_;
  VaeLoss mean;
  mean.reconstruction = sums[kReconstruction] / steps + reconstruction_constant();
  mean.kl = sums[kKl] / steps;
  mean.loss = is_importance_weighted() ? sums[kBound] / steps + reconstruction_constant()
                                       : mean.reconstruction + recipe_.beta * mean.kl;
  require_finite("the loss", mean.loss, steps_done_);
  return mean;
}

VaeLoss Vae::evaluate(const Tensor& images, Rng& rng) {
  constexpr std::int64_t kChunk = 1000;
  const NoGradGuard no_grad;
  VaeLoss mean;
  const std::int64_t n = images.dim(0), width = images.dim(1), latent = recipe_.latent_size;
  if (n == 0) throw Error("[vae] there are no images to evaluate");
  const double scale = 1.0 / static_cast<double>(n);
  for (std::int64_t first = 0; first < n; first += kChunk) {
    const std::int64_t rows = std::min(kChunk, n - first);
    const Tensor chunk = images.slice(first * width, {rows, width});
    const Tensor parameters = encoder_(chunk);
    const Tensor z = gaussian_sample(parameters, rng.normal({rows, latent}));
    mean.reconstruction +=
        reconstruction_loss(decoder_(with_labels(z, chunk)), pixels_of(chunk), scale).item();
    mean.kl += sum_loss(kernels::KlFromUnitGaussian{}, parameters,
                        log_variance_columns(rows, latent, images.device()), scale)
                   .item();
  }
  mean.reconstruction += reconstruction_constant();
  mean.loss = mean.reconstruction + recipe_.beta * mean.kl;
  return mean;
}

Tensor Vae::log_likelihoods(const Tensor& images, const Tensor& z) {
  const NoGradGuard no_grad;
  const Tensor output = decoder_(with_labels(z, images));
  return row_log_likelihoods(output, pixels_of(images)) - reconstruction_constant();
}

// Without the constant of a Gaussian likelihood.
Tensor Vae::row_log_likelihoods(const Tensor& output, const Tensor& pixels) const {
  if (recipe_.likelihood == Likelihood::bernoulli) {
    return -row_loss(kernels::BceWithLogits{}, output, pixels);
  }
  return row_loss(kernels::SquaredError{}, output, pixels) / (-2 * recipe_.sigma * recipe_.sigma);
}

Tensor Vae::encode(const Tensor& images) {
  const NoGradGuard no_grad;
  return encoder_(images);
}

Activation Vae::pixel_activation() const {
  return {recipe_.likelihood == Likelihood::bernoulli ? ActivationKind::sigmoid
                                                      : ActivationKind::identity};
}

Tensor Vae::sample(const Tensor& z) {
  const NoGradGuard no_grad;
  return decoded_pixels(z);
}

Tensor Vae::sample(const Tensor& z, const Tensor& labels) {
  const NoGradGuard no_grad;
  return decoded_pixels(concat_columns(z, one_hot(labels, recipe_.classes)));
}

// input: latent vectors with their labels.
Tensor Vae::decoded_pixels(const Tensor& input) {
  const Tensor output = decoder_(input);
  return recipe_.likelihood == Likelihood::bernoulli ? sigmoid(output) : output;
}

// Noise of 0 makes a sample the mean.
Tensor Vae::reconstruct(const Tensor& images) {
  const NoGradGuard no_grad;
  const Tensor zeros = Tensor::zeros({images.dim(0), recipe_.latent_size}, images.device());
  return decoded_pixels(with_labels(gaussian_sample(encoder_(images), zeros), images));
}

// A uniform number lies in (0, 1]: black pixels stay black, white ones white.
Tensor Vae::binarized(const Tensor& images, Rng& rng) {
  const NoGradGuard no_grad;
  return 1 - step(rng.uniform(images.shape()) - images);
}

}  // namespace kiln::models
