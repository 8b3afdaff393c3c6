// SPDX-License-Identifier: MIT
#include "apps/vae_trainee.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "apps/interrupt.h"
#include "engine/io/image_grid.h"
#include "models/vae/bound.h"

namespace kiln::apps {

VaeTrainee::VaeTrainee(const models::VaeRecipe& recipe, const TrainingOptions& options,
                       const LogLikelihoodOptions& log_likelihood, const MnistData& held_out,
                       Device device)
    : log_likelihood_options_(log_likelihood),
      image_shape_({static_cast<std::int64_t>(held_out.images.height),
                    static_cast<std::int64_t>(held_out.images.width)}),
      picture_seed_(seed_for(SeedPurpose::picture, options)),
      validation_seed_(seed_for(SeedPurpose::validation, options)),
      device_(device),
      vae_(recipe, element_count(image_shape_), seed_for(SeedPurpose::model, options), device),
      held_out_(Tensor::from_host(
          bytes_to_unit(row_bytes(held_out, recipe.classes)),
          {static_cast<std::int64_t>(held_out.images.count), vae_.encoder().inputs()}, device)) {
  if (!recipe.binarize) return;
  Rng rng(derive_seed(validation_seed_, 1), device);
  held_out_ = models::Vae::binarized(held_out_, rng);
}

std::string VaeTrainee::description() const {
  const models::VaeRecipe& recipe = vae_.recipe();
  const std::string samples =
      recipe.importance_samples == 1
          ? ""
          : fmt::format(", {} importance samples", recipe.importance_samples);
  return fmt::format("a {}VAE (recipe {}{})", recipe.classes > 0 ? "conditional " : "", recipe.name,
                     samples);
}

TraineeMetrics VaeTrainee::read_metrics() {
  const models::VaeLoss mean = vae_.read_metrics();
  return {{{"loss", mean.loss}, {"reconstruction", mean.reconstruction}, {"kl", mean.kl}},
          fmt::format("loss {:.2f} kl {:.2f}", mean.loss, mean.kl)};
}

TraineeMetrics VaeTrainee::validate(std::int64_t epoch) {
  Rng rng(validation_seed_, device_);
  const models::VaeLoss mean = vae_.evaluate(held_out_, rng);
  TraineeMetrics metrics = {{{"test_loss", mean.loss},
                             {"test_reconstruction", mean.reconstruction},
                             {"test_kl", mean.kl}},
                            fmt::format("test {:.2f}", mean.loss)};
  const LogLikelihoodOptions& options = log_likelihood_options_;
  if (options.samples > 0 && options.every > 0 && epoch % options.every == 0) {
    const TraineeMetrics bound = log_likelihood();
    metrics.fields.insert(metrics.fields.end(), bound.fields.begin(), bound.fields.end());
  }
  return metrics;
}

TraineeMetrics VaeTrainee::conclude() {
  const bool measured = log_likelihood_after_ == steps_done();
  return log_likelihood_options_.samples == 0 || measured ? TraineeMetrics() : log_likelihood();
}

TraineeMetrics VaeTrainee::log_likelihood() {
  const std::int64_t samples = log_likelihood_options_.samples;
  const std::int64_t count = std::min(log_likelihood_options_.images, held_out_.dim(0));
  Rng rng(derive_seed(validation_seed_, 2), device_);
  const std::vector<double> bounds = models::importance_weighted_bound(
      vae_, held_out_.slice(0, {count, held_out_.dim(1)}), samples, rng, interrupted);
  if (bounds.empty()) return {};
  log_likelihood_after_ = steps_done();
  const double mean =
      std::accumulate(bounds.begin(), bounds.end(), 0.0) / static_cast<double>(count);
  return {{{"test_nll", mean}, {"nll_samples", samples}, {"nll_images", count}},
          fmt::format("-log p(x) of {} test images: at most {:.2f} nats (bound of {} samples)",
                      count, mean, samples)};
}

std::vector<float> VaeTrainee::draw(std::int64_t count) {
  const Tensor z = Rng(picture_seed_, device_).normal({count, vae_.recipe().latent_size});
  const Tensor labels = picture_labels(count, classes(), device_);
  return (labels.defined() ? vae_.sample(z, labels) : vae_.sample(z)).to_host<float>();
}

std::vector<TrainedNetwork> VaeTrainee::networks() {
  return {{"decoder.safetensors",
           &vae_.decoder(),
           {"generator", image_shape_, classes(), vae_.pixel_activation()}},
          {"encoder.safetensors", &vae_.encoder(), {"encoder", image_shape_, classes()}}};
}

}  // namespace kiln::apps
