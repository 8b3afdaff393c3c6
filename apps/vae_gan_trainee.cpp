// SPDX-License-Identifier: MIT
#include "apps/vae_gan_trainee.h"

#include <fmt/core.h>

#include "engine/autograd/grad_mode.h"
#include "engine/io/image_grid.h"
#include "engine/ops/loss.h"

namespace kiln::apps {

VaeGanTrainee::VaeGanTrainee(const models::VaeGanRecipe& recipe, const TrainingOptions& options,
                             const IdxImages& held_out, Device device)
    : image_shape_(
          {static_cast<std::int64_t>(held_out.height), static_cast<std::int64_t>(held_out.width)}),
      picture_seed_(seed_for(SeedPurpose::picture, options)),
      device_(device),
      vae_gan_(recipe, element_count(image_shape_), seed_for(SeedPurpose::model, options), device),
      held_out_(Tensor::from_host(
          bytes_to_unit(held_out.pixels),
          {static_cast<std::int64_t>(held_out.count), element_count(image_shape_)}, device)) {}

TraineeMetrics VaeGanTrainee::read_metrics() {
  const models::VaeGanMetrics mean = vae_gan_.read_metrics();
  return {{{"kl", mean.kl}, {"likeness", mean.likeness}, {"d_loss", mean.d_loss}},
          fmt::format("kl {:.2f} likeness {:.2f} d {:.3f}", mean.kl, mean.likeness, mean.d_loss)};
}

// The squared error of an image's reconstruction, summed over its pixels.
TraineeMetrics VaeGanTrainee::validate(std::int64_t /*epoch*/) {
  const NoGradGuard no_grad;
  const double error = sum_loss(kernels::SquaredError{}, vae_gan_.reconstruct(held_out_), held_out_,
                                1.0 / static_cast<double>(held_out_.dim(0)))
                           .item();
  return {{{"test_pixel_error", error}}, fmt::format("test {:.2f}", error)};
}

std::vector<float> VaeGanTrainee::draw(std::int64_t count) {
  const Tensor z = Rng(picture_seed_, device_).normal({count, vae_gan_.recipe().latent_size});
  return vae_gan_.sample(z).to_host<float>();
}

std::vector<TrainedNetwork> VaeGanTrainee::networks() {
  return {
      {"decoder.safetensors", &vae_gan_.decoder(), {"generator", image_shape_}},
      {"encoder.safetensors", &vae_gan_.encoder(), {"encoder", image_shape_}},
      {"discriminator.safetensors", &vae_gan_.discriminator(), {"discriminator", image_shape_}}};
}

}  // namespace kiln::apps
