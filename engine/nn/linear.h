// SPDX-License-Identifier: MIT
// Fully connected layer y = act(x weight^T + bias), with the activation fused.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/nn/fused_layer.h"
#include "engine/nn/init.h"
#include "engine/nn/low_rank.h"
#include "engine/ops/linear.h"

namespace kiln::nn {

class Linear final : public FusedLayer {
 public:
  // weight (out_features, in_features) and bias (out_features); equal seeds give equal weights on
  // every device.
  Linear(std::int64_t in_features, std::int64_t out_features, Activation activation,
         std::uint64_t seed, Device device, Init init = Init::fan_in_uniform);

  Tensor forward(const Tensor& x) override { return output(x); }
  void forward_into(const Tensor& x, const Tensor& y) const override;
  Tensor forward_of(const Tensor& x, const Tensor& y) const override {
    return adapter_ ? output(x) : linear_of(x, weight_, bias_, activation_, y);
  }

  // Puts a low-rank adapter beside the weight, which with the bias then asks for no gradients. Its
  // tensors are none of this module's parameters. Errors: those of LowRankAdapter.
  const LowRankAdapter& add_adapter(const LowRankConfig& config, std::uint64_t seed);
  // Adds what the adapter does to the weight and lets go of it; nothing where there is none.
  void merge_adapter();

  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }

 private:
  Tensor output(const Tensor& x) const;

  Activation activation_;
  Tensor weight_;
  Tensor bias_;
  std::optional<LowRankAdapter> adapter_;
};

}  // namespace kiln::nn
