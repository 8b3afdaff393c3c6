// SPDX-License-Identifier: MIT
#include "engine/nn/embedding.h"

#include "engine/ops/embedding.h"
#include "engine/rng.h"

namespace kiln::nn {

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, std::uint64_t seed,
                     Device device) {
  Rng rng(seed, Device::cpu());
  weight_ = register_parameter("weight", rng.normal({num_embeddings, embedding_dim}).to(device));
}

Tensor Embedding::forward(const Tensor& labels) { return embedding(weight_, labels); }

}  // namespace kiln::nn
