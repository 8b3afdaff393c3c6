// SPDX-License-Identifier: MIT
#include "bench/gpu_performance/gan_step.h"

#include <utility>

#include "models/gan/recipe.h"

namespace kiln::bench {
namespace {

constexpr double kScalar = 1;

class Step {
 public:
  Step(const models::GanRecipe& recipe, std::int64_t batch)
      : batch_(static_cast<double>(batch)),
        latent_(static_cast<double>(recipe.latent_size)),
        g_(recipe.generator(784).sizes),
        d_(recipe.discriminator(784).sizes) {}

  Plan plan() && {
    noise();
    forward(g_, "G");
    forward(d_, "D, real");
    loss("real");
    forward(d_, "D, fake");
    loss("fake");
    add("binary_kernel*", "sum of losses", elementwise(kScalar, 1, 2, 1));
    add("fill_kernel", "gradient of the loss", elementwise(kScalar, 0, 0, 1));
    loss_backward("real");
    backward(d_, "D, real", true, false);
    loss_backward("fake");
    backward(d_, "D, fake", true, true);
    adam_of(d_, "D");
    count_loss();
    mean_of_outputs();
    mean_of_outputs();

    noise();
    forward(g_, "G");
    forward(d_, "D of G");
    loss("fake as real");
    add("fill_kernel", "gradient of the loss", elementwise(kScalar, 0, 0, 1));
    loss_backward("fake as real");
    backward(d_, "D of G", false, false);
    backward(g_, "G", true, false);
    adam_of(g_, "G");
    count_loss();
    return std::move(plan_);
  }

 private:
  using Sizes = std::vector<std::int64_t>;

  void add(std::string kernel, std::string purpose, const Work& work) {
    plan_.push_back({std::move(kernel), std::move(purpose), work});
  }

  void noise() {
    add("random_kernel*", "noise", normals(batch_ * latent_));
    add("advance_counter_kernel", "noise", elementwise(kScalar, 0, 2, 2));
  }

  void forward(const Sizes& sizes, const std::string& net) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      add("gemm_*", net + ": y" + std::to_string(i),
          product(batch_, size(sizes, i), size(sizes, i - 1), true));
    }
  }

  void loss(const std::string& what) { add("sum_kernel*", "loss, " + what, reduction(batch_, 3)); }
  void loss_backward(const std::string& what) {
    add("loss_backward_kernel*", "gradient of loss, " + what, elementwise(batch_, 2, 1, 1));
  }

  // From the last layer to the first. A frozen network passes the gradient through to its input;
  // one that trains has gradients of weights and biases and, but for the first layer, of its
  // inputs.
  void backward(const Sizes& sizes, const std::string& net, bool trains, bool accumulate) {
    for (std::size_t i = sizes.size() - 1; i > 0; --i) {
      const double out = size(sizes, i), in = size(sizes, i - 1);
      const std::string layer = std::to_string(i);
      if (trains) {
        add("activation_bias_gradient_kernel*", net + ": dz" + layer + ", db" + layer,
            activation_backward(batch_, out));
        add("gemm_*", net + ": dW" + layer, product(out, in, batch_, false, accumulate));
      } else {
        add("activation_gradient_kernel*", net + ": dz" + layer,
            elementwise(batch_ * out, 2, 2, 1));
      }
      if (!trains || i > 1) {
        add("gemm_*", net + ": dx" + layer, product(batch_, in, out));
      }
    }
  }

  void adam_of(const Sizes& sizes, const std::string& net) {
    double parameters = 0;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      parameters += size(sizes, i) * (size(sizes, i - 1) + 1);
    }
    add("adam_kernel", net, adam(parameters));
  }

  void count_loss() { add("axpy_kernel", "running sum", elementwise(kScalar, 2, 2, 1)); }
  void mean_of_outputs() {
    add("sum_kernel*", "mean of D", reduction(batch_, 1));
    count_loss();
  }

  static double size(const Sizes& sizes, std::size_t i) { return static_cast<double>(sizes[i]); }

  double batch_, latent_;
  Sizes g_, d_;
  Plan plan_;
};

}  // namespace

Plan gan_seed_step(std::int64_t batch) {
  return Step(models::GanRecipe::from_name("seed"), batch).plan();
}

}  // namespace kiln::bench
