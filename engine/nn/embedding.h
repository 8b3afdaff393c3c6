// SPDX-License-Identifier: MIT
// A trained vector for each class label.
#pragma once

#include <cstdint>

#include "engine/nn/module.h"

namespace kiln::nn {

class Embedding final : public Module {
 public:
  // weight (num_embeddings, embedding_dim), standard normal as in PyTorch; equal seeds give equal
  // weights on every device.
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, std::uint64_t seed,
            Device device);

  // labels int32 (n) -> (n, embedding_dim)
  Tensor forward(const Tensor& labels) override;

  const Tensor& weight() const { return weight_; }

 private:
  Tensor weight_;
};

}  // namespace kiln::nn
