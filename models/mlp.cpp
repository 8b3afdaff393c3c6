// SPDX-License-Identifier: MIT
#include "models/mlp.h"

#include <algorithm>

#include "engine/rng.h"

namespace kiln::models {

Mlp::Mlp(MlpConfig config, std::uint64_t seed, Device device) : config_(std::move(config)) {
  const auto& sizes = config_.sizes;
  if (sizes.size() < 2 || *std::min_element(sizes.begin(), sizes.end()) < 1) {
    throw Error("[mlp] layer sizes " + to_string(Shape(sizes)) +
                " are not two or more positive numbers");
  }
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    const bool last = i + 1 == sizes.size();
    add<nn::Linear>("fc" + std::to_string(i), sizes[i - 1], sizes[i],
                    last ? config_.output_activation : config_.hidden_activation,
                    derive_seed(seed, i), device, last ? config_.output_init : config_.hidden_init);
  }
}

}  // namespace kiln::models
