// SPDX-License-Identifier: MIT
#include "bench/gpu_performance/step_plan.h"
#include "bench/gpu_performance/steps.h"
#include "models/gan/recipe.h"

namespace kiln::bench {

// Both halves of the noise go through the generator at once, real and generated images through the
// discriminator: twice the batch.
Plan gan_step(const std::string& name, std::int64_t rows) {
  constexpr std::int64_t kPixels = 784;
  const models::GanRecipe recipe = models::GanRecipe::from_name(name);
  if (!recipe.generator_channels.empty()) {
    throw Error("[gpu_performance] the plan of recipe '" + name +
                "' is not known: it has convolutions");
  }
  const StepPlan::Sizes g = models::row_sizes(recipe.generator(kPixels));
  const StepPlan::Sizes g_weights(g.begin() + (recipe.latent_categories() > 0 ? 1 : 0), g.end());
  const StepPlan::Sizes d = models::row_sizes(recipe.discriminator(kPixels));
  const auto batch = static_cast<double>(rows);
  StepPlan step;
  step.add("gather_rows_kernel*", "real images", gather(batch, kPixels));
  step.add("random_kernel*", "noise", normals(2 * batch * StepPlan::size(g, 0)));
  const auto categories = static_cast<double>(recipe.latent_categories());
  if (categories > 0) {
    step.add("largest_one_hot_kernel", "categories to guess", largest_of(2 * batch, categories));
    step.add("largest_one_hot_kernel", "G: categories", largest_of(2 * batch, categories));
    step.add("copy_columns_kernel", "G: other numbers",
             copy(2 * batch * (StepPlan::size(g, 0) - categories)));
  }
  step.forward(g_weights, 2 * batch, "G");
  step.forward(d, 2 * batch, "D");
  step.loss("D", 2 * batch * (1 + categories), true);
  step.backward(d, 2 * batch, "D", true);
  step.adam_of({d}, "D", false);

  step.forward(d, batch, "D of G");
  step.loss("G", batch * (1 + categories), true);
  step.backward(d, batch, "D of G", false);
  step.backward(g_weights, batch, "G", true);
  step.adam_of({g_weights}, "G", recipe.generator_adam.average_decay > 0);
  step.add("adversarial_metrics_kernel", "running sums", reduction(2 * batch, 1));
  return std::move(step).finished();
}

}  // namespace kiln::bench
