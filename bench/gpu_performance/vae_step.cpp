// SPDX-License-Identifier: MIT
#include "bench/gpu_performance/step_plan.h"
#include "bench/gpu_performance/steps.h"
#include "models/vae/recipe.h"

namespace kiln::bench {

Plan vae_step(const std::string& name, std::int64_t rows) {
  constexpr std::int64_t kPixels = 784;
  const models::VaeRecipe recipe = models::VaeRecipe::from_name(name);
  const StepPlan::Sizes encoder = recipe.encoder(kPixels).sizes;
  const StepPlan::Sizes decoder = recipe.decoder(kPixels).sizes;
  const auto batch = static_cast<double>(rows);
  const double latent = batch * static_cast<double>(recipe.latent_size);
  StepPlan step;
  step.add("gather_rows_kernel*", "images", gather(batch, kPixels));
  step.add("random_kernel*", "noise", normals(latent));
  step.forward(encoder, batch, "E");
  step.add("gaussian_sample_kernel", "z", gaussian_sample(latent));
  step.forward(decoder, batch, "D");
  step.loss("the images", batch * kPixels, true);
  step.loss("q(z|x)", 2 * latent, true);
  step.add("binary_kernel<Add>", "their sum", sum_of_arrays(1));
  step.backward(decoder, batch, "D", true, true);
  step.add("gaussian_sample_backward_kernel", "dz to its mean and variance",
           gaussian_sample_backward(latent));
  step.backward(encoder, batch, "E", true);
  step.adam_of({encoder, decoder}, "both", recipe.adam.average_decay > 0);
  step.add("axpy_kernel", "running sum", sum_of_arrays(1));
  step.add("axpy_kernel", "running sum", sum_of_arrays(1));
  return std::move(step).finished();
}

}  // namespace kiln::bench
