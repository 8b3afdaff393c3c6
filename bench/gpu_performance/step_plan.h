// SPDX-License-Identifier: MIT
// Builds the plan of a training step of fully connected networks, launch by launch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/gpu_performance/work.h"

namespace kiln::bench {

class StepPlan {
 public:
  using Sizes = std::vector<std::int64_t>;

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
  void loss(const std::string& of, double elements, bool has_targets) {
    add("sum_kernel<LossTerm*", "loss of " + of + ", dz", loss_and_gradient(elements, has_targets));
  }

  // From the last layer to the first. A frozen network passes the gradient through to its input,
  // which an activation made; one that trains has gradients of weights and biases and, but for the
  // first layer unless its input was made by something that trains too, of its inputs.
  void backward(const Sizes& sizes, double rows, const std::string& net, bool trains,
                bool input_trains = false) {
    for (std::size_t i = sizes.size() - 1; i > 0; --i) {
      const std::string layer = std::to_string(i);
      const bool passes = !trains || i > 1 || input_trains;
      std::string purpose = net + ":";
      if (passes) purpose += " dx" + layer;
      if (trains) purpose += " dW" + layer + " db" + layer;
      add("linear_backward_kernel*", purpose,
          linear_backward(rows, size(sizes, i), size(sizes, i - 1), passes, trains));
    }
  }

  void adam_of(const std::vector<Sizes>& networks, const std::string& net, bool averages) {
    double parameters = 0;
    for (const Sizes& sizes : networks) {
      for (std::size_t i = 1; i < sizes.size(); ++i) {
        parameters += size(sizes, i) * (size(sizes, i - 1) + 1);
      }
    }
    add("adam_kernel", net, adam(parameters, averages));
  }

  Plan finished() && { return std::move(plan_); }

  static double size(const Sizes& sizes, std::size_t i) { return static_cast<double>(sizes[i]); }

 private:
  Plan plan_;
};

}  // namespace kiln::bench
