// SPDX-License-Identifier: MIT
#include "bench/gpu_performance/gan_step.h"

#include <utility>

#include "models/gan/recipe.h"

namespace kiln::bench {
namespace {

class Step {
 public:
  Step(models::GanRecipe recipe, std::int64_t batch)
      : recipe_(std::move(recipe)),
        batch_(static_cast<double>(batch)),
        g_(recipe_.generator(kPixels).sizes),
        d_(recipe_.discriminator(kPixels).sizes) {}

  // Both halves of the noise go through the generator at once, real and generated images through
  // the discriminator: twice the batch.
  Plan plan() && {
    add("gather_rows_kernel*", "real images", gather(batch_, kPixels));
    add("random_kernel*", "noise", normals(2 * batch_ * size(g_, 0)));
    forward(g_, 2 * batch_, "G");
    forward(d_, 2 * batch_, "D");
    loss("D", 2 * batch_, true);
    backward(d_, 2 * batch_, "D", true);
    adam_of(d_, "D", false);

    forward(d_, batch_, "D of G");
    loss("G", batch_, false);
    backward(d_, batch_, "D of G", false);
    backward(g_, batch_, "G", true);
    adam_of(g_, "G", recipe_.generator_adam.average_decay > 0);
    add("adversarial_metrics_kernel", "running sums", reduction(2 * batch_, 1));
    return std::move(plan_);
  }

 private:
  using Sizes = std::vector<std::int64_t>;
  static constexpr std::int64_t kPixels = 784;

  void add(std::string kernel, std::string purpose, const Work& work) {
    plan_.push_back({std::move(kernel), std::move(purpose), work});
  }

  void forward(const Sizes& sizes, double rows, const std::string& net) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      add("gemm_kernel*", net + ": y" + std::to_string(i),
          product(rows, size(sizes, i), size(sizes, i - 1)));
    }
  }

  // With the gradient before the last layer's activation.
  void loss(const std::string& net, double rows, bool has_targets) {
    add("sum_kernel<LossTerm*", "loss of " + net + ", dz", loss_and_gradient(rows, has_targets));
  }

  // From the last layer to the first. A frozen network passes the gradient through to its input,
  // which an activation made; one that trains has gradients of weights and biases and, but for the
  // first layer, of its inputs.
  void backward(const Sizes& sizes, double rows, const std::string& net, bool trains) {
    for (std::size_t i = sizes.size() - 1; i > 0; --i) {
      const std::string layer = std::to_string(i);
      const bool passes = !trains || i > 1;
      std::string purpose = net + ":";
      if (passes) purpose += " dx" + layer;
      if (trains) purpose += " dW" + layer + " db" + layer;
      add("linear_backward_kernel*", purpose,
          linear_backward(rows, size(sizes, i), size(sizes, i - 1), passes, trains));
    }
  }

  void adam_of(const Sizes& sizes, const std::string& net, bool averages) {
    double parameters = 0;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      parameters += size(sizes, i) * (size(sizes, i - 1) + 1);
    }
    add("adam_kernel", net, adam(parameters, averages));
  }

  static double size(const Sizes& sizes, std::size_t i) { return static_cast<double>(sizes[i]); }

  models::GanRecipe recipe_;
  double batch_;
  Sizes g_, d_;
  Plan plan_;
};

}  // namespace

Plan gan_step(const std::string& recipe, std::int64_t batch) {
  return Step(models::GanRecipe::from_name(recipe), batch).plan();
}

}  // namespace kiln::bench
