// SPDX-License-Identifier: MIT
// A low-rank adapter of a linear layer (LoRA, Hu et al. 2021, eq. 3): beside the frozen weight W,
//   x W^T + (alpha / r) (x A^T) B^T        with A (r, in) and B (out, r),
// which is a layer of weight W + (alpha / r) B A. A starts as the weights of a layer do, B as 0: at
// first nothing changes.
#pragma once

#include <cstdint>

#include "engine/tensor.h"

namespace kiln::nn {

struct LowRankConfig {
  std::int64_t rank = 4;
  double alpha = 4;
};

class LowRankAdapter {
 public:
  // For `weight` (out, in). Errors: a rank that is not from 1 to the lesser of both, an alpha that
  // is not finite and above 0. Equal seeds give equal adapters on every device.
  LowRankAdapter(const LowRankConfig& config, const Tensor& weight, std::uint64_t seed);

  // (batch, in) -> (batch, out): what is added before the activation.
  Tensor forward(const Tensor& x) const;
  // Outside the graph: the (out, in) matrix that does the same.
  Tensor product() const;

  const Tensor& a() const { return a_; }
  const Tensor& b() const { return b_; }

 private:
  double scale_;
  Tensor a_;
  Tensor b_;
};

}  // namespace kiln::nn
